namespace MlOps.Features.Tests;

/// <summary>What a read path is asked for.</summary>
internal enum PathTarget
{
    /// <summary>All that there is.</summary>
    Everything,

    /// <summary>A view: visible when one of its features is.</summary>
    View,

    /// <summary>A view, by something that needs to see the whole of it.</summary>
    WholeView,

    /// <summary>A feature of a view.</summary>
    Feature,

    /// <summary>A service of one feature.</summary>
    Service,
}

/// <summary>What names a target; null where the target is not of that kind.</summary>
internal sealed record PathTargetName(string View, string Feature, string Service);

/// <summary>One method of a public contract of the feature store, called as a user would.</summary>
/// <param name="Method"><c>Contract.Method</c>; a property's getter as <c>Contract.get_Name</c>.</param>
/// <param name="Target">What it is asked for.</param>
/// <param name="Permission">What it needs.</param>
/// <param name="Level">How far the target must be shared.</param>
/// <param name="Call">Calls it and returns all that it yields.</param>
/// <param name="ShowsName">Whether an answer about a visible target contains the name of the feature.</param>
/// <param name="ShowsValues">Whether an answer to somebody who may read values contains the feature's value.</param>
/// <param name="Refuses">Whether it throws where the permission is missing, instead of answering with nothing.</param>
internal sealed record ReadPath(
    string Method, PathTarget Target, EnvironmentPermission Permission, FeatureVisibility Level, Func<GovernedStore, PathTargetName, Task<object?>> Call,
    bool ShowsName = true, bool ShowsValues = false, bool Refuses = true);
