namespace MlOps.Serving;

/// <summary>What unloading spares when memory is short.</summary>
public enum UnloadGoal
{
    /// <summary>The fewest loads: models that are seldom asked for in proportion to their size go first.</summary>
    FewestLoads = 0,

    /// <summary>The least time spent loading: as <see cref="FewestLoads"/>, weighed by how long the model took to load.</summary>
    LeastLoadTime = 1,
}
