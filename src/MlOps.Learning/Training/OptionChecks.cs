using System.Numerics;

namespace MlOps.Learning;

/// <summary>Collects what is wrong with a trainer's options, so that one exception lists all of it.</summary>
internal sealed class OptionChecks(string trainer)
{
    private readonly List<string> _failures = [];

    public OptionChecks Between<T>(string option, T value, T low, T high)
        where T : INumber<T>
    {
        // Negated so that NaN fails too.
        if (!(value >= low && value <= high))
            _failures.Add(FormattableString.Invariant($"{option} is {value}: it must be from {low} to {high}."));
        return this;
    }

    public OptionChecks Positive(string option, double value, double high)
    {
        if (!(value > 0 && value <= high))
            _failures.Add(FormattableString.Invariant($"{option} is {value}: it must be above 0 and at most {high}."));
        return this;
    }

    public OptionChecks Defined<T>(string option, T value)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
            _failures.Add($"{option} is {value}: it must be one of {string.Join(", ", Enum.GetNames<T>())}.");
        return this;
    }

    public void ThrowIfAny()
    {
        if (_failures.Count > 0)
            throw new InvalidDefinitionException($"The options of '{trainer}' are not usable: {string.Join(" ", _failures)}");
    }
}
