namespace MlOps.Registry.Tests;

internal static partial class HostileCases
{
    private static readonly string AbsentDigest = ArtifactDigest.Of("absent"u8).ToString();

    private static IEnumerable<HostileCase> Values()
    {
        foreach (var (what, text, says) in new (string, string, string)[]
        {
            ("10 MB", Megabytes, "has 10485760 characters; at most *Store long texts as an artifact"), ("half a surrogate", "a\uDC00", "is not valid text"),
            ("NUL", "a\0b", "holds a NUL character"), ("null", null!, "is null. Pass an empty text"),
        })
        {
            yield return Drafted<InvalidInputException>($"tag: {what}", "The value of tag 'a' *" + says, draft => draft with { Tags = new Dictionary<string, string> { ["a"] = text } });
            yield return Drafted<InvalidInputException>($"description: {what}", "The description *" + says, draft => draft with { Description = text });
            yield return HostileCase.Of<InvalidInputException>($"reason: {what}", "The reason *" + says, store => store.Models.SetAliasAsync(store.Version.Ref, "champion", text).AsTask());
            yield return HostileCase.Of<InvalidInputException>($"note: {what}", "The note *" + says, store => store.Experiments.SetRunNoteAsync(store.Parent, text).AsTask());
            yield return HostileCase.Of<InvalidInputException>($"run name: {what}", "The run's name *" + says, store => store.Experiments.StartRunAsync("x", new RunOptions { Name = text }).AsTask());
            yield return Logged<InvalidInputException>($"parameter: {what}", "The value of parameter 'a' *" + says, run => run.LogParameter("a", text));
            if (text is null)
                continue;
            yield return HostileCase.Of<InvalidInputException>($"tag set later: {what}", "The value of tag 'a' *" + says,
                store => store.Models.SetTagsAsync(store.Version.Ref, new Dictionary<string, string?> { ["a"] = text }).AsTask());
            yield return HostileCase.Of<InvalidInputException>($"run tag: {what}", "The value of tag 'a' *" + says,
                store => store.Experiments.SetRunTagsAsync(store.Parent, new Dictionary<string, string?> { ["a"] = text }).AsTask());
            yield return HostileCase.Of<InvalidInputException>($"experiment description: {what}", " *" + says, store => store.Experiments.CreateExperimentAsync("new", text).AsTask());
            yield return Drafted<InvalidInputException>($"key: {what}", "The idempotency key *" + says, draft => draft with { Key = text });
            yield return Drafted<InvalidInputException>($"run of a version: {what}", "The run id *" + says, draft => draft with { RunId = text });
            yield return Drafted<InvalidInputException>($"provenance: {what}", "The provenance's environment *" + says, draft => draft with { Provenance = new(text, "", "", "") });
            yield return Drafted<InvalidInputException>($"feature: {what}", "A feature's name *" + says, draft => draft with { Signature = draft.Signature with { Features = [text] } });
            yield return Drafted<InvalidInputException>($"dimension: {what}", "A dimension of input 'x' *" + says,
                draft => draft with { Signature = draft.Signature with { Inputs = [new TensorSpec("x", "float", [text])] } });
            yield return Logged<InvalidInputException>($"input digest: {what}", "The digest of input 'd' *" + says, run => run.LogInput("d", text, "training"));
        }

        yield return Drafted<InvalidInputException>("key: empty", "The idempotency key is empty. Pass null", draft => draft with { Key = "" });
        yield return Drafted<InvalidInputException>("tags: 201", "more than the 200 tags", draft => draft with { Tags = Enumerable.Range(0, 201).ToDictionary(i => $"t{i}", _ => "") });
        yield return HostileCase.Of<InvalidInputException>("tags: 201 on a run", "would have 202 tags; at most 200",
            store => store.Models.SetTagsAsync(store.Version.Ref, Enumerable.Range(0, 201).ToDictionary(i => $"t{i}", _ => (string?)"")).AsTask());
        yield return HostileCase.Of<InvalidInputException>("tags: a million at once", "More than 1000 tags",
            store => store.Models.SetTagsAsync(store.Version.Ref, Enumerable.Range(0, 1_000_000).ToDictionary(i => $"t{i}", _ => (string?)"")).AsTask());
        yield return Drafted<InvalidDefinitionException>("tags: null", "tags are null", draft => draft with { Tags = null! });
        yield return Drafted<InvalidDefinitionException>("metrics: null", "metrics are null", draft => draft with { Metrics = null! });
        yield return Drafted<InvalidDefinitionException>("metrics: 2,001", "more than the 2000 metrics", draft => draft with { Metrics = Enumerable.Range(0, 2_001).ToDictionary(i => $"m{i}", _ => 1.0) });
        yield return Drafted<InvalidDefinitionException>("signature: null", "has no signature", draft => draft with { Signature = null! });
        yield return Drafted<InvalidDefinitionException>("signature: 501 inputs", "more than the 500 inputs",
            draft => draft with { Signature = draft.Signature with { Inputs = [.. Enumerable.Range(0, 501).Select(i => new TensorSpec($"x{i}", "float", []))] } });
        yield return Drafted<InvalidDefinitionException>("signature: 33 dimensions", "'x' has more than the 32 dimensions",
            draft => draft with { Signature = draft.Signature with { Inputs = [new TensorSpec("x", "float", [.. Enumerable.Repeat("N", 33)])] } });
        yield return Drafted<InvalidDefinitionException>("signature: 20,001 features", "more than the 20000 features",
            draft => draft with { Signature = draft.Signature with { Features = [.. Enumerable.Repeat("f", 20_001)] } });
        yield return Drafted<InvalidDefinitionException>("signature: a tensor twice", "'features' stands twice",
            draft => draft with { Signature = draft.Signature with { Inputs = [draft.Signature.Inputs[0], draft.Signature.Inputs[0]] } });
        yield return Drafted<InvalidDefinitionException>("signature: null tensor", "a tensor without a shape", draft => draft with { Signature = draft.Signature with { Inputs = [null!] } });
    }

    private static IEnumerable<HostileCase> References()
    {
        foreach (var (what, digest) in new (string, string)[]
        {
            ("empty", ""), ("null", null!), ("path", "sha256:../../../../etc/passwd"), ("capitals", "SHA256:" + new string('A', 64)), ("capital digits", "sha256:" + new string('A', 64)), ("md5", "md5:d41d8cd98f00b204e9800998ecf8427e"),
            ("sha512", "sha512:" + new string('a', 128)), ("too long", "sha256:" + new string('a', 65)), ("white space", " " + AbsentDigest), ("bare", new string('a', 64)), ("10 MB", "sha256:" + Megabytes),
        })
        {
            yield return Drafted<InvalidDefinitionException>($"digest: {what}", "Artifact Parameters/parameters has the digest '*expected 'sha256:' and 64 lower-case",
                draft => draft with { Artifacts = [draft.Artifacts[0] with { Content = draft.Artifacts[0].Content with { Digest = digest } }] });
        }

        yield return HostileCase.Of<InvalidInputException>("digest: 10 MB parsed", "is not an artifact digest", _ => Task.FromResult(ArtifactDigest.Parse(Megabytes)));
        foreach (var (size, says) in new (long, string)[] { (1, "claims 1 bytes, but its blob has 2"), (3, "claims 3 bytes"), (long.MaxValue, "claims 9223372036854775807 bytes") })
        {
            yield return Drafted<InvalidDefinitionException>($"size: {size}", says + "*Pass the reference that the artifact store returned",
                draft => draft with { Artifacts = [draft.Artifacts[0] with { Content = draft.Artifacts[0].Content with { Size = size } }] });
        }

        yield return Drafted<InvalidDefinitionException>("size: negative", "has the size -1: expected 0 or more",
            draft => draft with { Artifacts = [draft.Artifacts[0] with { Content = draft.Artifacts[0].Content with { Size = -1 } }] });
        foreach (var (what, type) in new (string, string)[] { ("climbing", "text/../html"), ("header", "application/json\r\nX-Evil: 1"), ("none", ""), ("null", null!), ("too long", "text/" + new string('x', 128)) })
        {
            yield return Drafted<InvalidDefinitionException>($"media type: {what}", "has the media type '*expected 'type/subtype'",
                draft => draft with { Artifacts = [draft.Artifacts[0] with { Content = draft.Artifacts[0].Content with { MediaType = type } }] });
        }

        yield return Drafted<NotFoundException>("artifact: absent", "Artifact Parameters/parameters points at sha256:*Store its bytes first",
            draft => draft with { Artifacts = [draft.Artifacts[0] with { Content = new ArtifactRef(AbsentDigest, 6, "text/plain") }] });
        yield return Drafted<InvalidDefinitionException>("artifact: null", "hold a null", draft => draft with { Artifacts = [null!] });
        yield return Drafted<InvalidDefinitionException>("artifact: without content", "has no content", draft => draft with { Artifacts = [draft.Artifacts[0] with { Content = null! }] });
        yield return Drafted<InvalidDefinitionException>("artifact: ninth kind", "has the kind 99, which is none of the eight", draft => draft with { Artifacts = [draft.Artifacts[0] with { Kind = (ModelArtifactKind)99 }] });
        yield return Drafted<InvalidDefinitionException>("artifact: twice", "stands twice. Give each", draft => draft with { Artifacts = [draft.Artifacts[0], draft.Artifacts[0]] });
        yield return Drafted<InvalidDefinitionException>("artifacts: null", "artifacts are null", draft => draft with { Artifacts = null! });
        yield return Drafted<InvalidDefinitionException>("artifacts: 1,001", "more than the 1000 artifacts",
            draft => draft with { Artifacts = [.. Enumerable.Range(0, 1_001).Select(i => draft.Artifacts[0] with { Name = $"a{i}" })] });
        yield return HostileCase.Of<NotFoundException>("blob: absent", "There is no artifact sha256:", store => store.Artifacts.OpenReadAsync(ArtifactDigest.Parse(AbsentDigest)).AsTask());
        foreach (var (offset, length) in new (long, long)[] { (0, 3), (2, 1), (long.MaxValue, long.MaxValue), (1, long.MaxValue) })
        {
            yield return HostileCase.Of<InvalidInputException>($"range: {length} from {offset}", "is not inside artifact",
                store => store.Artifacts.OpenRangeAsync(store.Version.Artifacts[0].Content.ParsedDigest, offset, length).AsTask());
        }

        yield return HostileCase.Of<ConcurrencyConflictException>("alias: expected another version", "points at version 1, not at version 2", store => store.Models.SetAliasAsync(store.Version.Ref, "champion", "", 2).AsTask());
        yield return HostileCase.Of<InvalidInputException>("alias: expected version -1", "The expected version is -1: pass", store => store.Models.SetAliasAsync(store.Version.Ref, "champion", "", -1).AsTask());
        yield return HostileCase.Of<InvalidInputException>("alias: removal of expected version -5", "The expected version is -5", store => store.Models.RemoveAliasAsync("churn", "champion", "", -5).AsTask());
        foreach (var version in (int[])[0, -1, 99, int.MaxValue])
        {
            yield return HostileCase.Of<ModelNotFoundException>($"version {version}", "has no version " + version, store => store.Models.GetAsync(new ModelVersionRef("churn", version)).AsTask());
            yield return HostileCase.Of<ModelNotFoundException>($"alias to version {version}", "has no version " + version, store => store.Models.SetAliasAsync(new ModelVersionRef("churn", version), "next", "").AsTask());
        }

        foreach (var limit in (int[])[0, -1])
            yield return HostileCase.Of<ArgumentOutOfRangeException>($"list: {limit} versions", "limit", store => store.Models.ListAsync("churn", limit: limit).AsTask());
    }
}
