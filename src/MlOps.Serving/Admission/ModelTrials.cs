using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace MlOps.Serving;

/// <summary>Tries model files in child processes, one at a time, and keeps what came of it.</summary>
internal sealed partial class ModelTrials(EnvironmentContext context, ModelAdmissionOptions options) : IModelTrials
{
    public const string ClearedEvent = "serving.trial.cleared";
    private const long BytesPerSecond = 50_000_000;
    private readonly MetadataArea _area = new(context.Metadata, ServingSchema.Schema);
    private readonly ILogger _logger = context.LoggerFactory.CreateLogger<ModelTrials>();
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly ConcurrentDictionary<string, string> _remarks = new(StringComparer.Ordinal);
    private string? _runtime;

    /// <summary>Finds the command that starts children; tests put their own in.</summary>
    public Func<string, (TrialCommand? Command, string Why)> FindCommand { get; init; } = directory => (TrialCommand.Find(directory, out var why), why);

    public async ValueTask<IReadOnlyList<ModelTrialRecord>> ListAsync(bool refusedOnly = false, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.Read, "the trials of model files");
        return await _area.ReadAsync(
            (session, _) => session.QueryAsync(
                $"SELECT digest, runtime, limits, passed, message, peak_bytes, elapsed_ms, tried_at FROM serving_model_trials {(refusedOnly ? "WHERE passed = 0 " : "")}ORDER BY id DESC",
                Map),
            cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<bool> ClearAsync(string digest, string reason, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.Operate, "the trials of model files");
        ArgumentException.ThrowIfNullOrEmpty(digest);
        ArgumentNullException.ThrowIfNull(reason);
        return _area.WriteAsync(
            async (session, _) =>
            {
                if (await session.ExecuteAsync("DELETE FROM serving_model_trials WHERE digest = @digest", ("digest", digest)).ConfigureAwait(false) == 0)
                    return false;
                await context.Audit.AppendAsync(session, new AuditEntry(ClearedEvent, digest, reason)).ConfigureAwait(false);
                return true;
            },
            cancellationToken);
    }

    /// <summary>What is to be said of a file that was let pass: that no trial could be made of it, or what its trial remarked; empty for most.</summary>
    public string Remark(string digest) => _remarks.GetValueOrDefault(digest, "");

    /// <summary>Tries a file, or takes what came of it before.</summary>
    /// <exception cref="InvalidInputException">It is refused.</exception>
    public async ValueTask RequireAsync(string path, ArtifactRef content, string? examplePath, CancellationToken cancellationToken)
    {
        if (options.Trial == ModelTrial.Off)
            return;
        _runtime ??= Microsoft.ML.OnnxRuntime.OrtEnv.Instance().GetVersionString();
        var memory = options.TrialMemoryBytes + (3 * content.Size);
        var time = options.TrialTime + TimeSpan.FromSeconds((double)content.Size / BytesPerSecond);
        var limits = string.Create(CultureInfo.InvariantCulture, $"{memory} B, {time.TotalSeconds:F1} s");

        // One at a time: several children beside each other would take several times what one may.
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var known = await FindAsync(content.Digest, limits, cancellationToken).ConfigureAwait(false);
            if (known is null)
            {
                var begin = Stopwatch.GetTimestamp();
                var (answer, why) = await TryAsync(path, content, examplePath ?? "", memory, time, cancellationToken).ConfigureAwait(false);
                if (answer is null)
                {
                    NotTried(content.Digest, why);
                    return;
                }

                if (!answer.IsFinal)
                    throw new InvalidInputException($"Its trial in a child process came to no end: {answer.Message}. Load it again when the machine is less busy, or raise ModelAdmissionOptions.TrialTime.");
                known = new ModelTrialRecord(
                    content.Digest, _runtime, limits, answer.Passed, answer.Message, answer.PeakBytes, Stopwatch.GetElapsedTime(begin), context.Clock.GetUtcNow());
                await KeepAsync(known, cancellationToken).ConfigureAwait(false);
                if (answer.Passed)
                    LogPassed(_logger, content.Digest, known.Elapsed.TotalMilliseconds, answer.PeakBytes);
                else
                    LogRefused(_logger, content.Digest, answer.Message);
            }

            if (!known.Passed)
            {
                throw new InvalidInputException(
                    $"Its trial in a child process ({limits}, {known.TriedAt:u}) failed: {known.Message}. It stays refused until IModelTrials.ClearAsync(\"{content.Digest}\") or other limits (ModelAdmissionOptions.TrialMemoryBytes, TrialTime).");
            }

            _remarks[content.Digest] = known.Message.Length == 0 ? "" : $" Of its trial: {known.Message}.";
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<(TrialAnswer? Answer, string Why)> TryAsync(
        string path, ArtifactRef content, string examplePath, long memory, TimeSpan time, CancellationToken cancellationToken)
    {
        if (path.AsSpan().ContainsAny('\n', '\r') || examplePath.AsSpan().ContainsAny('\n', '\r'))
            return (null, "its path contains line breaks");
        var directory = Path.Combine(context.Directory, "serving");
        context.Files.CreateDirectory(directory);
        var (command, why) = FindCommand(directory);
        if (command is null)
            return (null, why);
        var begin = Stopwatch.GetTimestamp();
        var (child, reason) = await TrialChild.StartAsync(command, memory, (int)Math.Ceiling(time.TotalSeconds) + 2, cancellationToken).ConfigureAwait(false);
        if (child is null)
            return (null, reason);
        using (child)
        {
            // The start counts, so that a decision takes no longer on a busy machine; a slow start leaves some time in any case.
            var clock = (time * 1.6) - Stopwatch.GetElapsedTime(begin);
            return (await child.TryAsync(path, content.ParsedDigest.Hex, examplePath, time, clock > time * 0.7 ? clock : time * 0.7, cancellationToken).ConfigureAwait(false), "");
        }
    }

    private void NotTried(string digest, string why)
    {
        if (options.Trial == ModelTrial.Required)
        {
            throw new InvalidInputException(
                $"Its bounds are not proven and it could not be tried in a child process: {why}. Set ModelAdmissionOptions.Trial to {nameof(ModelTrial.WhenPossible)} or {nameof(ModelTrial.Off)} if the model is trusted.");
        }

        LogNotTried(_logger, digest, why);
        _remarks[digest] = $" It was not tried in a child process first: {why}.";
    }

    private ValueTask<ModelTrialRecord?> FindAsync(string digest, string limits, CancellationToken cancellationToken) =>
        _area.ReadAsync(
            (session, _) => session.FirstOrDefaultAsync(
                "SELECT digest, runtime, limits, passed, message, peak_bytes, elapsed_ms, tried_at FROM serving_model_trials WHERE digest = @digest AND runtime = @runtime AND limits = @limits",
                Map, ("digest", digest), ("runtime", _runtime!), ("limits", limits)),
            cancellationToken);

    // Another process may have been faster; its word stands.
    private ValueTask<bool> KeepAsync(ModelTrialRecord trial, CancellationToken cancellationToken) =>
        _area.WriteAsync(
            async (session, _) =>
                await session.ExecuteAsync(
                    """
                    INSERT INTO serving_model_trials (digest, runtime, limits, passed, message, peak_bytes, elapsed_ms, tried_at)
                    VALUES (@digest, @runtime, @limits, @passed, @message, @peak, @elapsed, @at) ON CONFLICT (digest, runtime, limits) DO NOTHING
                    """,
                    ("digest", trial.Digest), ("runtime", trial.Runtime), ("limits", trial.Limits), ("passed", trial.Passed ? 1L : 0L), ("message", trial.Message),
                    ("peak", trial.PeakBytes), ("elapsed", (long)trial.Elapsed.TotalMilliseconds), ("at", Timestamp.From(trial.TriedAt))).ConfigureAwait(false) > 0,
            cancellationToken);

    private static ModelTrialRecord Map(System.Data.Common.DbDataReader reader) => new(
        reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetInt64(3) != 0, reader.GetString(4), reader.GetInt64(5),
        TimeSpan.FromMilliseconds(reader.GetInt64(6)), reader.GetTimestamp(7).ToDateTimeOffset());

    [LoggerMessage(4200, LogLevel.Information, "Model file {Digest} passed its trial in a child process in {Milliseconds:F0} ms, peak {PeakBytes} bytes")]
    private static partial void LogPassed(ILogger logger, string digest, double milliseconds, long peakBytes);

    [LoggerMessage(4201, LogLevel.Warning, "Model file {Digest} failed its trial in a child process and is in quarantine: {Reason}")]
    private static partial void LogRefused(ILogger logger, string digest, string reason);

    [LoggerMessage(4202, LogLevel.Warning, "Model file {Digest} is loaded without a trial in a child process: {Reason}")]
    private static partial void LogNotTried(ILogger logger, string digest, string reason);
}
