namespace MlOps.Registry.Tests;

/// <summary>Programs that we did not write and that a machine may lack; tests that need them are skipped then, and say so.</summary>
internal static class Programs
{
    public static string? WhyNot(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)))
            ? null
            : $"'{program}' is not on this machine: nothing was compared with it.";
}

/// <summary>A test that needs a program.</summary>
internal sealed class ProgramFactAttribute : FactAttribute
{
    public ProgramFactAttribute(string program) => Skip = Programs.WhyNot(program);
}

/// <summary>A theory that needs a program.</summary>
internal sealed class ProgramTheoryAttribute : TheoryAttribute
{
    public ProgramTheoryAttribute(string program) => Skip = Programs.WhyNot(program);
}
