namespace MlOps.Crash.Tests;

/// <summary>An operation on one register, as a process saw it.</summary>
/// <param name="Process">Who called; a process calls one operation after another.</param>
/// <param name="Invoked">When, on a clock that all processes share.</param>
/// <param name="Returned">When the answer came.</param>
/// <param name="Kind">What was called.</param>
/// <param name="Written">What it was to write; nothing for a read.</param>
/// <param name="Expected">What a compare-and-set expected.</param>
/// <param name="Answer">What a read or swap answered; 1 or 0 for a compare-and-set that succeeded or did not.</param>
internal readonly record struct RegisterOperation(int Process, long Invoked, long Returned, RegisterOperationKind Kind, int Written, int Expected, int Answer)
{
    /// <summary>Whether the answer is right for a register that holds <paramref name="value"/>, and what it holds afterwards.</summary>
    public bool Fits(int value, out int after)
    {
        switch (Kind)
        {
            case RegisterOperationKind.Read:
                after = value;
                return Answer == value;
            case RegisterOperationKind.Swap:
                after = Written;
                return Answer == value;
            default:
                after = Answer == 1 ? Written : value;
                return (Answer == 1) == (value == Expected);
        }
    }
}
