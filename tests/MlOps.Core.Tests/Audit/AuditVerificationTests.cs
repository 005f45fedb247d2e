using System.Security.Cryptography;

namespace MlOps.Core.Tests.Audit;

public sealed class AuditVerificationTests
{
    private const int Records = 600;
    private const string All = "time, actor, operation, subject, reason, before_state, after_state, hash";

    public static TheoryData<int> Seeds => [1, 2, 3, 4, 5, 6, 7, 8];

    [Fact]
    public async Task Untouched_IsIntactWithItsRoot()
    {
        await using var trail = await AuditTrail.WithAsync(Records);
        var checkpoint = await trail.Log.CheckpointAsync(trail.Signer);
        await trail.AppendAsync(5);
        var report = await trail.Log.VerifyAsync(new AuditVerification { Keys = [trail.Signer.PublicKey], Checkpoints = [checkpoint] });
        report.Findings.Should().BeEmpty();
        (report.Records, report.Checkpoints).Should().Be((Records + 5, 1));
        report.Root.ToArray().Should().Equal(NaiveMerkle.Hash(await trail.LeavesAsync()));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Edit_OfAnyField_IsLocated(int seed)
    {
        await using var trail = await AuditTrail.WithAsync(Records);
        var random = new Random(seed);
        var at = random.Next(1, Records + 1);
        string[] fields = ["actor = 'eve'", "reason = ''", "time = time - 1", "before_state = ''", "after_state = NULL", "operation = 'x.y.z'", "subject = subject || ' '", "hash = '" + new string('0', 64) + "'"];
        await trail.TamperAsync($"UPDATE audit_record SET {fields[seed % fields.Length]} WHERE sequence = {at}");
        await FoundAsync(trail, AuditFindingKind.Edited, at, at);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Edit_WithAFittingHash_IsLocatedByTheTree(int seed)
    {
        await using var trail = await AuditTrail.WithAsync(Records);
        var at = new Random(seed).Next(1, 512);
        await trail.TamperAsync($"UPDATE audit_record SET actor = 'eve' WHERE sequence = {at}");
        await trail.RehashAsync(at, at);
        await FoundAsync(trail, AuditFindingKind.Edited, at, at);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Delete_IsLocated(int seed)
    {
        await using var trail = await AuditTrail.WithAsync(Records);
        var random = new Random(seed);
        var (at, count) = (random.Next(1, Records - 20), random.Next(1, 10));
        await trail.TamperAsync($"DELETE FROM audit_record WHERE sequence BETWEEN {at} AND {at + count - 1}");
        await FoundAsync(trail, AuditFindingKind.Deleted, at, at + count - 1);

        // The same with the gap closed.
        await trail.TamperAsync(Move($"sequence > {at}", -count));
        await FoundAsync(trail, AuditFindingKind.Deleted, at, at + count - 1);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Insert_IsLocated(int seed)
    {
        await using var trail = await AuditTrail.WithAsync(Records);
        var random = new Random(seed);
        var (at, count) = (random.Next(2, Records - 10), random.Next(1, 4));
        await trail.TamperAsync(
        [
            .. Move($"sequence >= {at}", count),
            .. Enumerable.Range(at, count).Select(sequence => $"INSERT INTO audit_record (sequence, {All}) SELECT {sequence}, {All} FROM audit_record WHERE sequence = 1"),
        ]);
        await FoundAsync(trail, AuditFindingKind.Inserted, at, at + count - 1);

        // The same with hashes that continue the chain.
        await trail.RehashAsync(at, at + count - 1);
        await FoundAsync(trail, AuditFindingKind.Inserted, at, at + count - 1);
    }

    [Fact]
    public async Task Insert_BeforeTheLast_IsLocated()
    {
        await using var trail = await AuditTrail.WithAsync(20);
        await trail.TamperAsync(
            [.. Move("sequence = 20", 1), $"INSERT INTO audit_record (sequence, {All}) SELECT 20, {All} FROM audit_record WHERE sequence = 3", "INSERT INTO audit_record (sequence, time, actor, operation, subject, reason, hash) VALUES (-5, 0, 'eve', 'a', 'b', 'c', 'd')"]);
        var report = await trail.Log.VerifyAsync(new AuditVerification());
        report.Findings.Select(finding => (finding.Kind, finding.First, finding.Last)).Should().Equal(
            (AuditFindingKind.Inserted, -5, -5), (AuditFindingKind.Inserted, 20, 20));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Reorder_IsLocated(int seed)
    {
        await using var trail = await AuditTrail.WithAsync(Records);
        var random = new Random(seed);
        var first = random.Next(1, Records - 100);
        var last = first + (seed % 3) switch { 0 => 1, 1 => 2, _ => random.Next(3, 100) };
        await trail.TamperAsync(
            $"UPDATE audit_record SET sequence = 100000 WHERE sequence = {first}",
            $"UPDATE audit_record SET sequence = {first} WHERE sequence = {last}",
            $"UPDATE audit_record SET sequence = {last} WHERE sequence = 100000");
        await FoundAsync(trail, AuditFindingKind.Reordered, first, last);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Truncate_IsSeenThroughACheckpoint(int seed)
    {
        await using var trail = await AuditTrail.WithAsync(Records);
        var checkpoint = await trail.Log.CheckpointAsync(trail.Signer);
        var left = new Random(seed).Next(0, Records);
        await trail.TamperAsync($"DELETE FROM audit_record WHERE sequence > {left}", "DELETE FROM audit_checkpoint", $"DELETE FROM audit_tile WHERE level > 0 OR tile >= {left / 256}");
        (await trail.Log.VerifyAsync(new AuditVerification())).IsIntact.Should().BeTrue("without a checkpoint nobody can see it");
        await FoundAsync(trail, AuditFindingKind.Truncated, left + 1, Records, checkpoint);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Rewrite_WithAllHashesAndTheTree_IsSeenBetweenCheckpoints(int seed)
    {
        await using var trail = await AuditTrail.WithAsync(200);
        var early = await trail.Log.CheckpointAsync(trail.Signer);
        await trail.AppendAsync(Records - 200);
        var late = await trail.Log.CheckpointAsync(trail.Signer);
        await RewriteAsync(trail, new Random(seed).Next(201, Records + 1));
        await FoundAsync(trail, AuditFindingKind.Rewritten, 201, Records, early, late);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Fork_TwoSignedForms_IsSeen(int seed)
    {
        await using var trail = await AuditTrail.WithAsync(300);
        var first = await trail.Log.CheckpointAsync(trail.Signer);
        await RewriteAsync(trail, new Random(seed).Next(1, 301));
        await trail.AppendAsync(seed % 2 == 0 ? 100 : 0);
        var second = await trail.Log.CheckpointAsync(trail.Signer);
        await FoundAsync(trail, AuditFindingKind.Forked, 1, 300, first, second);
        if (first.Size < second.Size)
            AuditProof.VerifyConsistency(first, second, await trail.Log.ProveConsistencyAsync(300)).Should().BeFalse();
    }

    [Fact]
    public async Task Resigned_ByAnotherKey_IsNotBelieved()
    {
        await using var trail = await AuditTrail.WithAsync(50);
        await RewriteAsync(trail, 7);
        using var foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await trail.Log.CheckpointAsync(new AuditSigner("tests.example/audit", foreign));
        var report = await trail.Log.VerifyAsync(new AuditVerification { Keys = [trail.Signer.PublicKey] });
        report.Findings.Should().ContainSingle().Which.Kind.Should().Be(AuditFindingKind.UntrustedCheckpoint);
        report.Findings[0].Detail.Should().Contain(trail.Signer.PublicKey.Id);
        report.Checkpoints.Should().Be(0);
    }

    [Fact]
    public async Task Checkpoint_OfAnotherEnvironment_IsNotBelieved()
    {
        await using var trail = await AuditTrail.WithAsync(3);
        await using var other = new MlOps.Testing.TestEnvironment("staging");
        var foreign = await other.Context.Audit.CheckpointAsync(trail.Signer);
        await FoundAsync(trail, AuditFindingKind.UntrustedCheckpoint, 1, 0, foreign);
    }

    [Fact]
    public async Task Tree_ChangedAlone_IsLocated()
    {
        await using var trail = await AuditTrail.WithAsync(Records);
        await trail.TamperAsync("UPDATE audit_tile SET hashes = zeroblob(8192) WHERE tile = 1");
        await FoundAsync(trail, AuditFindingKind.TreeDamaged, 257, Records);
    }

    [Fact]
    public async Task Everything_OfAnotherEnvironment_IsFoundInBoundedTime()
    {
        await using var trail = await AuditTrail.WithAsync(3000);
        await trail.TamperAsync("UPDATE audit_record SET actor = 'eve'");
        var report = await trail.Log.VerifyAsync(new AuditVerification());
        report.Findings[0].First.Should().Be(1);
        report.Findings.Should().OnlyContain(finding => finding.Kind == AuditFindingKind.Edited);
    }

    private static async Task RewriteAsync(AuditTrail trail, long at)
    {
        await trail.TamperAsync($"UPDATE audit_record SET actor = 'eve' WHERE sequence = {at}", "DELETE FROM audit_tile", "DELETE FROM audit_checkpoint");
        await trail.RehashAsync(at, long.MaxValue);
        (await trail.Log.VerifyAsync()).Should().BeNull("the chain alone cannot show it");
    }

    private static string[] Move(string which, int by) =>
        [$"UPDATE audit_record SET sequence = -(sequence + {by}) WHERE {which}", "UPDATE audit_record SET sequence = -sequence WHERE sequence < 0"];

    private static async Task FoundAsync(AuditTrail trail, AuditFindingKind kind, long first, long last, params AuditCheckpoint[] checkpoints)
    {
        var report = await trail.Log.VerifyAsync(new AuditVerification { Keys = checkpoints.Length > 0 ? [trail.Signer.PublicKey] : [], Checkpoints = checkpoints });
        report.Findings.Select(finding => (finding.Kind, finding.First, finding.Last)).Should().Equal([(kind, first, last)], string.Join("; ", report.Findings));
    }
}
