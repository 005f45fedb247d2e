namespace MlOps.Metadata;

/// <summary>A session that can say when its changes have become durable. Stores without it are polled.</summary>
internal interface ICommitNotifier : IMetadataSession
{
    /// <summary>Runs a short action after the commit, never when the transaction is undone.</summary>
    /// <param name="action">What to do; it must not throw or wait.</param>
    void AfterCommit(Action action);
}
