namespace MlOps;

/// <summary>Which background services a process runs.</summary>
[Flags]
public enum MlOpsRoles
{
    /// <summary>None: clients only.</summary>
    None = 0,

    /// <summary>Loads and warms the served model versions at start, and follows changes of traffic.</summary>
    Serving = 1,

    /// <summary>Fires triggers, resumes and runs pipelines, and drives promotions.</summary>
    Worker = 2,

    /// <summary>All of them.</summary>
    All = Serving | Worker,
}
