using System.Collections;
using System.Security.Cryptography;

namespace MlOps.Registry.Tests;

internal static partial class HostileCases
{
    /// <summary>Arguments that throw, never end or lie, and cancellation at every contract.</summary>
    private static IEnumerable<HostileCase> Callers()
    {
        yield return Drafted<TimeZoneNotFoundException>("tags that throw", "in the middle", draft => draft with { Tags = new OddTags(() => Throwing()) });
        yield return Drafted<InvalidInputException>("tags without end", "more than the 200 tags", draft => draft with { Tags = new OddTags(() => Endless()) });
        yield return Drafted<InvalidInputException>("tags with a null name", "Tag name '(null)'", draft => draft with { Tags = new OddTags(() => [new(null!, "")]) });
        yield return HostileCase.Of<TimeZoneNotFoundException>("run tags that throw", "in the middle", store => store.Experiments.StartRunAsync("x", new RunOptions { Tags = new OddTags(() => Throwing()) }).AsTask());
        yield return HostileCase.Of<InvalidInputException>("run tags without end", "more than the 200 tags", store => store.Experiments.StartRunAsync("x", new RunOptions { Tags = new OddTags(() => Endless()) }).AsTask());
        yield return Drafted<InvalidDefinitionException>("artifacts without end", "more than the 1000 artifacts", draft => draft with { Artifacts = new OddList<ModelArtifact>(() => Repeat(draft.Artifacts[0])) });
        yield return Drafted<InvalidDefinitionException>("features without end", "more than the 20000 features", draft => draft with { Signature = draft.Signature with { Features = new OddList<string>(() => Repeat("f")) } });

        yield return HostileCase.Of<TimeZoneNotFoundException>("stream that throws", "in the middle", store => store.Artifacts.PutAsync(new OddStream(10 << 20, at => at > 6 << 20 ? throw new TimeZoneNotFoundException("in the middle") : 1000), "a/b").AsTask());
        yield return HostileCase.Of<TimeZoneNotFoundException>("small stream that throws", "in the middle", store => store.Artifacts.PutAsync(new OddStream(1000, at => at > 100 ? throw new TimeZoneNotFoundException("in the middle") : 10), "a/b").AsTask());
        yield return HostileCase.Of<Exception>("stream that gives more than asked for", "", store => store.Artifacts.PutAsync(new OddStream(1000, _ => int.MaxValue), "a/b").AsTask());
        yield return HostileCase.Of<Exception>("stream that gives less than nothing", "", store => store.Artifacts.PutAsync(new OddStream(1000, _ => -1), "a/b").AsTask());
        yield return HostileCase.Of<InvalidInputException>("stream of 2^62 bytes", "MaximumBlobBytes", store => store.Artifacts.PutAsync(new OddStream(1L << 62, _ => 1000), "a/b").AsTask());
        yield return HostileCase.Of<OperationCanceledException>("upload cancelled in its middle", "", async store =>
        {
            using var cancelling = new CancellationTokenSource();
            await store.Artifacts.PutAsync(new OddStream(10 << 20, at =>
            {
                if (at > 6 << 20)
                    cancelling.Cancel();
                return 1000;
            }), "a/b", cancelling.Token);
        });
        yield return HostileCase.Of<InvalidInputException>("upload: a key of 10 MB", "The key of an upload has 10485760 characters", store => store.Artifacts.BeginUploadAsync(Megabytes).AsTask());

        var cancelled = new CancellationToken(canceled: true);
        foreach (var (what, act) in new (string, Func<HostileStore, Task>)[]
        {
            ("register", store => store.Models.RegisterAsync(store.Draft, cancelled).AsTask()), ("get", store => store.Models.GetAsync(store.Version.Ref, cancelled).AsTask()), ("list", store => store.Models.ListAsync("churn", cancellationToken: cancelled).AsTask()),
            ("set an alias", store => store.Models.SetAliasAsync(store.Chunked.Ref, "champion", "", cancellationToken: cancelled).AsTask()), ("remove an alias", store => store.Models.RemoveAliasAsync("churn", "champion", "", cancellationToken: cancelled).AsTask()),
            ("set tags", store => store.Models.SetTagsAsync(store.Version.Ref, new Dictionary<string, string?> { ["a"] = "b" }, "", cancelled).AsTask()), ("search versions", store => store.Models.SearchVersionsAsync(new VersionQuery(), cancelled).AsTask()),
            ("search runs", store => store.Experiments.SearchRunsAsync(new RunQuery(), cancelled).AsTask()), ("start a run", store => store.Experiments.StartRunAsync("x", cancellationToken: cancelled).AsTask()), ("delete a run", store => store.Experiments.DeleteRunAsync(store.Child, "", cancellationToken: cancelled).AsTask()),
            ("write a note", store => store.Experiments.SetRunNoteAsync(store.Parent, "other", cancelled).AsTask()), ("store", store => store.Artifacts.PutBytesAsync(new byte[] { 1, 2, 3 }, "a/b", cancelled).AsTask()), ("store in chunks", store => store.Artifacts.PutBytesAsync(new byte[6 << 20], "a/b", cancelled).AsTask()),
            ("read", store => store.Artifacts.GetBytesAsync(store.Chunked.Artifacts[0].Content, cancellationToken: cancelled).AsTask()), ("export a bundle", store => store.Bundles.ExportTarAsync(store.Version.Ref, Stream.Null, cancellationToken: cancelled).AsTask()),
            ("collect", store => store.Get<IArtifactCollector>().CollectAsync(cancellationToken: cancelled).AsTask()), ("verify the audit trail", store => store.Context.Audit.VerifyAsync(cancelled).AsTask()),
            ("sign", async store =>
            {
                using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
                await store.Signatures.SignAsync(store.Chunked.Ref, ModelSigner.FromKey(key), cancelled);
            }),
        })
        {
            yield return HostileCase.Of<OperationCanceledException>($"cancelled before: {what}", "", act);
        }

        foreach (var after in (int[])[1, 2])
        {
            yield return HostileCase.Of<OperationCanceledException>($"registration cancelled at its {after}. look", "", async store =>
            {
                using var cancelling = new CancellationTokenSource();
                var looks = 0;
                var context = new EnvironmentContext
                {
                    Name = store.Context.Name, Kind = store.Context.Kind, Directory = store.Context.Directory, Files = store.Context.Files, Metadata = store.Context.Metadata, Events = store.Context.Events,
                    Audit = store.Context.Audit, Caller = store.Context.Caller, Clock = store.Context.Clock,
                    Artifacts = new CancellingArtifacts(store.Artifacts, () =>
                    {
                        if (++looks >= after)
                            cancelling.Cancel();
                    }),
                };
                await new SqlModelRegistry(context).RegisterAsync(store.Draft with { Artifacts = [.. store.Draft.Artifacts, .. store.Chunked.Artifacts] }, cancelling.Token);
            });
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Throwing()
    {
        yield return new("a", "b");
        throw new TimeZoneNotFoundException("in the middle");
    }

    private static IEnumerable<KeyValuePair<string, string>> Endless()
    {
        for (var i = 0; ; i++)
            yield return new($"t{i}", "");
    }

    private static IEnumerable<T> Repeat<T>(T value)
    {
        while (true)
            yield return value;
    }

    internal sealed class OddTags(Func<IEnumerable<KeyValuePair<string, string>>> entries) : IReadOnlyDictionary<string, string>
    {
        public int Count => 1;

        public IEnumerable<string> Keys => entries().Select(entry => entry.Key);

        public IEnumerable<string> Values => entries().Select(entry => entry.Value);

        public string this[string key] => entries().First(entry => entry.Key == key).Value;

        public bool ContainsKey(string key) => entries().Any(entry => entry.Key == key);

        public bool TryGetValue(string key, out string value) => (value = entries().FirstOrDefault(entry => entry.Key == key).Value) is not null;

        public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => entries().GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    internal sealed class OddList<T>(Func<IEnumerable<T>> entries) : IReadOnlyList<T>
    {
        public int Count => 1;

        public T this[int index] => entries().ElementAt(index);

        public IEnumerator<T> GetEnumerator() => entries().GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    /// <summary>Says a length, and asks how many bytes each read gives.</summary>
    private sealed class OddStream(long length, Func<long, int> gives) : Stream
    {
        private long _at;

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position
        {
            get => _at;
            set => _at = value;
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (_at >= length)
                return 0;
            var read = gives(_at);
            if (read is > 0 and < int.MaxValue)
                read = Math.Min(read, count);
            _at += Math.Max(read, 0);
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => _at = offset;

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    private sealed class CancellingArtifacts(IArtifactStore inner, Action look) : IArtifactStore
    {
        public ValueTask<ArtifactRef> PutAsync(Stream content, string mediaType, CancellationToken cancellationToken = default) => inner.PutAsync(content, mediaType, cancellationToken);

        public ValueTask<Stream> OpenReadAsync(ArtifactDigest digest, CancellationToken cancellationToken = default)
        {
            look();
            return inner.OpenReadAsync(digest, cancellationToken);
        }

        public ValueTask<long> VerifyAsync(ArtifactDigest digest, CancellationToken cancellationToken = default)
        {
            look();
            return inner.VerifyAsync(digest, cancellationToken);
        }

        public ValueTask<Stream> OpenRangeAsync(ArtifactDigest digest, long offset, long length, CancellationToken cancellationToken = default) => inner.OpenRangeAsync(digest, offset, length, cancellationToken);

        public ValueTask<IArtifactUpload> BeginUploadAsync(string key, CancellationToken cancellationToken = default) => inner.BeginUploadAsync(key, cancellationToken);

        public ValueTask<ArtifactUsage> GetUsageAsync(CancellationToken cancellationToken = default) => inner.GetUsageAsync(cancellationToken);

        public ValueTask<string> GetLocalPathAsync(ArtifactDigest digest, CancellationToken cancellationToken = default) => inner.GetLocalPathAsync(digest, cancellationToken);

        public ValueTask<bool> ExistsAsync(ArtifactDigest digest, CancellationToken cancellationToken = default)
        {
            look();
            return inner.ExistsAsync(digest, cancellationToken);
        }

        public IAsyncEnumerable<ArtifactDigest> ListAsync(CancellationToken cancellationToken = default) => inner.ListAsync(cancellationToken);

        public ValueTask<(int Blobs, long Bytes)> CountCollectableAsync(Func<ArtifactDigest, CancellationToken, ValueTask<bool>> reachable, DateTimeOffset before, CancellationToken cancellationToken = default) => inner.CountCollectableAsync(reachable, before, cancellationToken);

        public ValueTask<(int Blobs, long Bytes)> CollectAsync(Func<ArtifactDigest, CancellationToken, ValueTask<bool>> reachable, DateTimeOffset before, CancellationToken cancellationToken = default) => inner.CollectAsync(reachable, before, cancellationToken);
    }
}
