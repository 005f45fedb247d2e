using MlOps.Reporting;

namespace MlOps.Registry;

/// <summary>The experiments of one environment: runs with parameters, metrics, labels, inputs and artifacts. Thread-safe.</summary>
public interface IExperiments
{
    /// <summary>Starts a run, or resumes the one of the same key.</summary>
    /// <param name="experiment">The experiment's name; created when new.</param>
    /// <param name="options">How it starts.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The run; dispose it to end it.</returns>
    ValueTask<IRun> StartRunAsync(string experiment, RunOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>A run.</summary>
    /// <param name="runId">Its identity.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The run as stored.</returns>
    /// <exception cref="NotFoundException">There is no such run.</exception>
    ValueTask<RunRecord> GetRunAsync(string runId, CancellationToken cancellationToken = default);

    /// <summary>The runs of an experiment, newest first.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The runs.</returns>
    ValueTask<IReadOnlyList<RunRecord>> ListRunsAsync(string experiment, int limit = 100, CancellationToken cancellationToken = default);

    /// <summary>Searches runs. Pages are stable: a row that does not change between two pages comes exactly once.</summary>
    /// <param name="query">The query.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A page of runs.</returns>
    /// <exception cref="InvalidInputException">The filter, the order, the projection or the cursor is wrong; the message names the position and the remedy.</exception>
    ValueTask<RunPage> SearchRunsAsync(RunQuery query, CancellationToken cancellationToken = default);

    /// <summary>Runs of an experiment, newest first.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="options">Which ones.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The runs.</returns>
    ValueTask<IReadOnlyList<RunRecord>> ListRunsAsync(string experiment, RunListOptions options, CancellationToken cancellationToken = default);

    /// <summary>The runs whose process died without ending them, the latest heartbeat first. Runs without a heartbeat are marked before.</summary>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The runs.</returns>
    ValueTask<IReadOnlyList<RunRecord>> FindLostRunsAsync(int limit = 100, CancellationToken cancellationToken = default);

    /// <summary>A run with the runs below it.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="fromRoot">Whether to begin at the outermost run that it is part of.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The tree; deleted runs are left out unless <paramref name="runId"/> is one itself.</returns>
    /// <exception cref="NotFoundException">There is no such run.</exception>
    ValueTask<RunTree> GetRunTreeAsync(string runId, bool fromRoot = false, CancellationToken cancellationToken = default);

    /// <summary>
    /// The history of a metric, by step and time. Where a run was resumed, points of former attempts are left out from the first step that the new
    /// attempt logged, so that a training loop that went back to its last checkpoint has each step once.
    /// </summary>
    /// <param name="runId">The run.</param>
    /// <param name="metric">The metric.</param>
    /// <param name="options">Which points; null for all.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The points; none when the run has no such metric.</returns>
    /// <exception cref="NotFoundException">There is no such run.</exception>
    ValueTask<IReadOnlyList<MetricPoint>> GetMetricHistoryAsync(
        string runId, string metric, MetricHistoryOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Puts runs side by side.</summary>
    /// <param name="runIds">2 to 100 runs; their experiments may differ.</param>
    /// <param name="includeEqual">Whether rows in which all runs agree are listed, too.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The parameters, metrics and tags that differ.</returns>
    ValueTask<RunComparison> CompareRunsAsync(IReadOnlyList<string> runIds, bool includeEqual = false, CancellationToken cancellationToken = default);

    /// <summary>Changes labels of a run, also after it ended; audited.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="tags">New values; null takes a label away.</param>
    /// <param name="reason">Why; goes into the audit trail.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when it is durable.</returns>
    ValueTask SetRunTagsAsync(string runId, IReadOnlyDictionary<string, string?> tags, string reason = "", CancellationToken cancellationToken = default);

    /// <summary>Writes a run's note anew, also after it ended; former texts are kept. Audited.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="markdown">The note; empty for none.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when it is durable.</returns>
    ValueTask SetRunNoteAsync(string runId, string markdown, CancellationToken cancellationToken = default);

    /// <summary>Every text that a run's note had.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The texts, the newest first; the first one is the note.</returns>
    ValueTask<IReadOnlyList<RunNote>> GetRunNotesAsync(string runId, CancellationToken cancellationToken = default);

    /// <summary>The names of a run's plots.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The names in order.</returns>
    ValueTask<IReadOnlyList<string>> ListPlotsAsync(string runId, CancellationToken cancellationToken = default);

    /// <summary>A plot of a run.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="name">The plot's name, as given to <see cref="RunExtensions.LogPlotAsync"/>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The plot.</returns>
    /// <exception cref="NotFoundException">There is no such run or plot.</exception>
    ValueTask<Plot> GetPlotAsync(string runId, string name, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes a run and the runs below it. They leave the lists, keep everything, and can be restored until they are purged. Audited.
    /// </summary>
    /// <param name="runId">The run; it must have ended, and so must the runs below it.</param>
    /// <param name="reason">Why.</param>
    /// <param name="includeChildren">Whether the runs below it go along; false refuses when there are any.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was deleted; deleting a deleted run changes nothing.</returns>
    /// <exception cref="InvalidInputException">A run is going on, or has children that may not go along; the message names them.</exception>
    ValueTask<RunDeletion> DeleteRunAsync(string runId, string reason, bool includeChildren = true, CancellationToken cancellationToken = default);

    /// <summary>Takes a deletion back, for the run and those that were deleted with it. Audited.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was restored.</returns>
    /// <exception cref="InvalidInputException">Its parent or its experiment is deleted: restore that first.</exception>
    ValueTask<RunDeletion> RestoreRunAsync(string runId, string reason, CancellationToken cancellationToken = default);

    /// <summary>
    /// Removes long-deleted runs for good, with all they own, in one audited transaction; their artifacts become collectable. A run that a
    /// registered version was made by is never removed, nor are the runs that it is part of.
    /// </summary>
    /// <param name="reason">Why.</param>
    /// <param name="options">Which ones; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was removed and what was kept.</returns>
    ValueTask<RunPurgeReport> PurgeRunsAsync(string reason, RunPurgeOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Makes an experiment. Starting a run makes it, too, without description.</summary>
    /// <param name="name">Its name; it never changes.</param>
    /// <param name="description">What it is about, as Markdown.</param>
    /// <param name="tags">Labels; null for none.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The experiment.</returns>
    /// <exception cref="InvalidInputException">There is one of this name already, perhaps a deleted one.</exception>
    ValueTask<ExperimentRecord> CreateExperimentAsync(
        string name, string description = "", IReadOnlyDictionary<string, string>? tags = null, CancellationToken cancellationToken = default);

    /// <summary>An experiment.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The experiment, deleted or not.</returns>
    /// <exception cref="NotFoundException">There is none; the message names the nearest.</exception>
    ValueTask<ExperimentRecord> GetExperimentAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>The experiments by name.</summary>
    /// <param name="includeDeleted">Whether deleted ones are listed, too.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The experiments.</returns>
    ValueTask<IReadOnlyList<ExperimentRecord>> ListExperimentsAsync(bool includeDeleted = false, CancellationToken cancellationToken = default);

    /// <summary>Changes an experiment's description and labels; audited.</summary>
    /// <param name="name">The experiment.</param>
    /// <param name="description">The new description; null leaves it.</param>
    /// <param name="tags">New values of labels, null taking one away; null leaves them all.</param>
    /// <param name="reason">Why; goes into the audit trail.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The experiment as it is now.</returns>
    ValueTask<ExperimentRecord> UpdateExperimentAsync(
        string name, string? description = null, IReadOnlyDictionary<string, string?>? tags = null, string reason = "", CancellationToken cancellationToken = default);

    /// <summary>Deletes an experiment with its runs; they can be restored together until they are purged. Audited.</summary>
    /// <param name="name">The experiment; none of its runs may be going on.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>How many runs went along.</returns>
    ValueTask<int> DeleteExperimentAsync(string name, string reason, CancellationToken cancellationToken = default);

    /// <summary>Takes the deletion of an experiment back, with the runs that went along. Audited.</summary>
    /// <param name="name">The experiment.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>How many runs came back.</returns>
    ValueTask<int> RestoreExperimentAsync(string name, string reason, CancellationToken cancellationToken = default);
}
