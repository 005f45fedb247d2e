namespace MlOps;

/// <summary>What a caller may do in an environment. Roles grant sets of these.</summary>
public enum EnvironmentPermission
{
    /// <summary>See runs, models, versions, aliases, events and reports.</summary>
    Read = 0,

    /// <summary>Read the bytes of artifacts.</summary>
    ReadArtifacts = 1,

    /// <summary>Start runs and log into them; store artifacts.</summary>
    LogRuns = 2,

    /// <summary>Register versions, and change their tags and descriptions.</summary>
    RegisterModels = 3,

    /// <summary>Move and remove aliases.</summary>
    MoveAliases = 4,

    /// <summary>Approve a promotion.</summary>
    Approve = 5,

    /// <summary>Delete and restore runs, versions and models.</summary>
    Delete = 6,

    /// <summary>Collect unreferenced blobs, change quotas, and run other upkeep.</summary>
    Operate = 7,

    /// <summary>Read and verify the audit trail, and sign its checkpoints.</summary>
    ReadAudit = 8,

    /// <summary>Grant roles, and change which signatures the environment requires.</summary>
    Administer = 9,

    /// <summary>Read the values of features that are shared with the caller: training frames, online vectors, distributions.</summary>
    ReadFeatures = 10,

    /// <summary>Add rows to feature views: ingest and push.</summary>
    WriteFeatures = 11,

    /// <summary>Materialise, erase and retain features, compute their statistics, and other upkeep of feature views.</summary>
    ManageFeatures = 12,

    /// <summary>Ask endpoints for predictions and report what they were worth.</summary>
    Predict = 13,
}
