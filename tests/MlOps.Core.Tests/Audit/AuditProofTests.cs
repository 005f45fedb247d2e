using System.Security.Cryptography;
using MlOps.Audit;

namespace MlOps.Core.Tests.Audit;

public sealed class AuditProofTests
{
    [Fact]
    public void Hashes_OfThePublishedLeaves_AreThePublishedRoots()
    {
        var frontier = new MerkleFrontier();
        Convert.ToHexStringLower(frontier.Root()).Should().Be(MerkleVectors.Roots[0]);
        for (var i = 0; i < 8; i++)
        {
            frontier.Add(MerkleHash.Leaf(MerkleVectors.Leaves[i]));
            Convert.ToHexStringLower(frontier.Root()).Should().Be(MerkleVectors.Roots[i + 1]);
            Convert.ToHexStringLower(NaiveMerkle.Hash(MerkleVectors.Leaves[..(i + 1)])).Should().Be(MerkleVectors.Roots[i + 1], "the oracle is right");
        }
    }

    [Fact]
    public void VerifyInclusion_PublishedProofs_Holds()
    {
        foreach (var (index, size, path) in MerkleVectors.Inclusions)
        {
            var leaf = MerkleHash.Leaf(MerkleVectors.Leaves[index]);
            var root = Convert.FromHexString(MerkleVectors.Roots[size]);
            AuditProof.VerifyInclusion(leaf, index, size, MerkleVectors.Bytes(path), root).Should().BeTrue();
            NaiveMerkle.Path((int)index, MerkleVectors.Leaves[..(int)size]).Select(Convert.ToHexStringLower).Should().Equal(path, "the oracle is right");
        }
    }

    [Fact]
    public void VerifyConsistency_PublishedProofs_Holds()
    {
        foreach (var (first, second, path) in MerkleVectors.Consistencies)
        {
            AuditProof.VerifyConsistency(first, second, MerkleVectors.Bytes(path), Convert.FromHexString(MerkleVectors.Roots[first]), Convert.FromHexString(MerkleVectors.Roots[second])).Should().BeTrue();
            NaiveMerkle.Proof((int)first, MerkleVectors.Leaves[..(int)second]).Select(Convert.ToHexStringLower).Should().Equal(path, "the oracle is right");
        }
    }

    [Fact]
    public void Proofs_OfEverySizeTo40_HoldAndNoOtherDoes()
    {
        var random = new Random(1);
        byte[][] leaves = [.. Enumerable.Range(0, 40).Select(i => BitConverter.GetBytes(i))];
        var roots = Enumerable.Range(0, 41).Select(n => NaiveMerkle.Hash(leaves[..n])).ToArray();
        for (var size = 1; size <= 40; size++)
        {
            for (var index = 0; index < size; index++)
            {
                var path = Memory(NaiveMerkle.Path(index, leaves[..size]));
                var leaf = MerkleHash.Leaf(leaves[index]);
                AuditProof.VerifyInclusion(leaf, index, size, path, roots[size]).Should().BeTrue();
                AuditProof.VerifyInclusion(leaf, index + 1, size, path, roots[size]).Should().BeFalse();
                AuditProof.VerifyInclusion(leaf, index, size, path, roots[size - 1]).Should().BeFalse();
                AuditProof.VerifyInclusion(leaf, index, size, [.. path, roots[1]], roots[size]).Should().BeFalse();
                if (path.Count > 0)
                {
                    AuditProof.VerifyInclusion(leaf, index, size, [.. path.Skip(1)], roots[size]).Should().BeFalse();
                    AuditProof.VerifyInclusion(leaf, index, size, Flip(path, random), roots[size]).Should().BeFalse();
                }
            }

            for (var first = 0; first <= size; first++)
            {
                var path = Memory(NaiveMerkle.Proof(first, leaves[..size]));
                AuditProof.VerifyConsistency(first, size, path, roots[first], roots[size]).Should().BeTrue($"{first} begins {size}");
                AuditProof.VerifyConsistency(first, size, path, roots[(first + 1) % 41], roots[size]).Should().BeFalse();
                AuditProof.VerifyConsistency(first, size, path, roots[first], roots[size - 1]).Should().Be(first == 0);
                AuditProof.VerifyConsistency(first, size, [.. path, roots[1]], roots[first], roots[size]).Should().BeFalse();
                if (path.Count > 0)
                    AuditProof.VerifyConsistency(first, size, Flip(path, random), roots[first], roots[size]).Should().BeFalse();
            }
        }
    }

    [Fact]
    public void Verify_ImpossibleArguments_IsFalse()
    {
        var root = SHA256.HashData([]);
        AuditProof.VerifyInclusion(root, -1, 1, [], root).Should().BeFalse();
        AuditProof.VerifyInclusion(root, 0, 0, [], root).Should().BeFalse();
        AuditProof.VerifyInclusion([1, 2], 0, 1, [], [1, 2]).Should().BeFalse();
        AuditProof.VerifyInclusion(root, long.MaxValue - 1, long.MaxValue, [root], root).Should().BeFalse();
        AuditProof.VerifyConsistency(-1, 1, [], root, root).Should().BeFalse();
        AuditProof.VerifyConsistency(2, 1, [], root, root).Should().BeFalse();
        AuditProof.VerifyConsistency(3, 5, [], root, root).Should().BeFalse();
        AuditProof.VerifyConsistency(2, 5, [new byte[3]], root, root).Should().BeFalse();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(1300)]
    public async Task Store_Proofs_AreThoseOfTheDefinition(int records)
    {
        await using var trail = await AuditTrail.WithAsync(records);
        var leaves = await trail.LeavesAsync();
        var checkpoint = await trail.Log.CheckpointAsync(trail.Signer);
        checkpoint.Size.Should().Be(records);
        checkpoint.Root.ToArray().Should().Equal(NaiveMerkle.Hash(leaves));
        var random = new Random(records);
        for (var i = 0; i < 20; i++)
        {
            var size = random.Next(1, records + 1);
            var sequence = random.Next(1, size + 1);
            var proof = await trail.Log.ProveInclusionAsync(sequence, size);
            proof.Path.Select(hash => hash.ToArray()).Should().BeEquivalentTo(NaiveMerkle.Path(sequence - 1, leaves[..size]), options => options.WithStrictOrdering());
            var consistency = await trail.Log.ProveConsistencyAsync(size);
            consistency.Path.Select(hash => hash.ToArray()).Should().BeEquivalentTo(NaiveMerkle.Proof(size, leaves), options => options.WithStrictOrdering());

            var record = (await trail.Log.ReadAsync(sequence - 1, 1)).Single();
            var whole = await trail.Log.ProveInclusionAsync(sequence);
            AuditProof.VerifyInclusion("sandbox", record, whole, checkpoint).Should().BeTrue();
            AuditProof.VerifyInclusion("production", record, whole, checkpoint).Should().BeFalse();
            AuditProof.VerifyInclusion("sandbox", record with { Actor = "eve" }, whole, checkpoint).Should().BeFalse();
            AuditProof.VerifyInclusion("sandbox", record with { Sequence = sequence + 1 }, whole, checkpoint).Should().BeFalse();
        }
    }

    [Fact]
    public async Task Store_WithoutItsTiles_ProvesTheSameAndMakesThemAnew()
    {
        await using var trail = await AuditTrail.WithAsync(1000);
        var before = await trail.Log.ProveInclusionAsync(77);
        await trail.TamperAsync("DELETE FROM audit_tile");
        (await trail.Log.ProveInclusionAsync(77)).Path.Select(hash => hash.ToArray()).Should().BeEquivalentTo(before.Path.Select(hash => hash.ToArray()));
        await trail.AppendAsync(24);
        (await trail.Environment.Context.Metadata.ReadAsync((session, _) => session.ScalarAsync("SELECT COUNT(*) FROM audit_tile"))).Should().Be(4);
        (await trail.Log.VerifyAsync(new AuditVerification())).IsIntact.Should().BeTrue();
    }

    [Fact]
    public async Task Store_AsksOutsideTheTrail_SaysHowLongItIs()
    {
        await using var trail = await AuditTrail.WithAsync(3);
        await trail.Log.Invoking(log => log.ProveInclusionAsync(4).AsTask()).Should().ThrowAsync<NotFoundException>().WithMessage("*first 3*");
        await trail.Log.Invoking(log => log.ProveInclusionAsync(1, 4).AsTask()).Should().ThrowAsync<NotFoundException>().WithMessage("*3 records*");
        await trail.Log.Invoking(log => log.ProveConsistencyAsync(2, 4).AsTask()).Should().ThrowAsync<NotFoundException>();
        await trail.Log.Invoking(log => log.ProveConsistencyAsync(3, 2).AsTask()).Should().ThrowAsync<InvalidInputException>();
    }

    private static List<ReadOnlyMemory<byte>> Memory(List<byte[]> path) => path.ConvertAll(hash => (ReadOnlyMemory<byte>)hash);

    private static List<ReadOnlyMemory<byte>> Flip(List<ReadOnlyMemory<byte>> path, Random random)
    {
        var copy = path.ConvertAll(hash => (ReadOnlyMemory<byte>)hash.ToArray());
        var bytes = copy[random.Next(copy.Count)].ToArray();
        var at = random.Next(path.Count);
        bytes = path[at].ToArray();
        bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        copy[at] = bytes;
        return copy;
    }
}
