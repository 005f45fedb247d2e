namespace MlOps;

/// <summary>Which background services a process runs.</summary>
[Flags]
public enum MlOpsRoles
{
    /// <summary>None: clients only.</summary>
    None = 0,

    /// <summary>Loads and warms the served model versions at start, and follows changes of traffic.</summary>
    Serving = 1,

    /// <summary>Resumes and runs pipelines.</summary>
    Worker = 2,

    /// <summary>Fires triggers.</summary>
    Scheduler = 4,

    /// <summary>Writes the prediction log and evaluates monitors.</summary>
    Monitor = 8,

    /// <summary>All of them.</summary>
    All = Serving | Worker | Scheduler | Monitor,
}
