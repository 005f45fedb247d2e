namespace MlOps.Build;

/// <summary>A test that failed, or a test host that did not end well.</summary>
internal sealed record TestFailure(string Test, string Message, string Details);
