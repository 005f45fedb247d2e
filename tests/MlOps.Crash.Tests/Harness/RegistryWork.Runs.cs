using MlOps.Registry;

namespace MlOps.Crash.Tests;

internal sealed partial class RegistryWork
{
    /// <summary>The run that a worker records: resumed where the killed process left it, ended now and then, and begun anew.</summary>
    private sealed class Runs(RegistryWork work, int worker) : IAsyncDisposable
    {
        private const string Metric = "loss";
        private IRun? _run;
        private long _points;
        private int _number;

        public async Task ActAsync(Random random)
        {
            _run ??= await StartAsync();
            switch (random.Next(8))
            {
                case 0:
                    var stored = await LogArtifactAsync(_run, work.Content(random));
                    work.Say("F", _run.Id, stored.Digest);
                    break;
                case 1:
                    var (id, ended) = (_run.Id, _run);
                    await ended.CompleteAsync();
                    _run = null;
                    work.Say("C", id);
                    break;
                default:
                    var count = random.Next(1, 50);
                    for (var i = 0; i < count; i++, _points++)
                        _run.LogMetric(Metric, _points * 0.5, _points);
                    await _run.FlushAsync();
                    work.Say("M", _run.Id, Text(_points));
                    break;
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (_run is not null)
                await _run.DisposeAsync();
        }

        private async Task<IRun> StartAsync()
        {
            var experiment = $"worker{worker}";
            var newest = (await work._host.Experiments.ListRunsAsync(experiment, limit: 1)) is [var record] ? record : null;
            var key = newest is null || newest.Status == RunStatus.Completed ? $"{work._plan.Generation}-{Environment.ProcessId}-{++_number}" : newest.Name;
            var run = await work._host.Experiments.StartRunAsync(experiment, new RunOptions { Key = key, Name = key });
            _points = newest?.Name == key ? (await work._host.Experiments.GetMetricHistoryAsync(run.Id, Metric)).Count : 0;
            return run;
        }

        private static async Task<ArtifactRef> LogArtifactAsync(IRun run, byte[] bytes)
        {
            using var stream = new MemoryStream(bytes, writable: false);
            return await run.LogArtifactAsync("file-" + ArtifactDigest.Of(bytes).Hex[..16], stream, "application/octet-stream");
        }
    }
}
