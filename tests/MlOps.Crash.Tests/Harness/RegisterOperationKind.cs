namespace MlOps.Crash.Tests;

internal enum RegisterOperationKind
{
    Read,
    Swap,
    CompareAndSet,
}
