namespace MlOps.Learning;

/// <summary>A trainer's options are out of range; every mistake is listed, not only the first.</summary>
public sealed class InvalidTrainerOptionsException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="failures">One sentence per wrong option.</param>
    public InvalidTrainerOptionsException(string trainer, IReadOnlyList<string> failures)
        : base($"The options of '{trainer}' are not usable: {string.Join(" ", failures ?? throw new ArgumentNullException(nameof(failures)))}") =>
        Failures = [.. failures];

    /// <summary>One sentence per wrong option: its name, the value seen and the allowed range.</summary>
    public IReadOnlyList<string> Failures { get; }
}
