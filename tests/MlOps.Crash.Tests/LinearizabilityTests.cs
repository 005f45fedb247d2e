using static MlOps.Crash.Tests.RegisterOperationKind;

namespace MlOps.Crash.Tests;

/// <summary>The judge is judged first: histories whose verdict is known.</summary>
public sealed class LinearizabilityTests
{
    [Fact]
    public void Explain_OperationsOneAfterAnother_AcceptsRightAnswersOnly()
    {
        RegisterOperation[] right = [new(0, 1, 2, Swap, 5, 0, 0), new(1, 3, 4, Read, 0, 0, 5), new(0, 5, 6, CompareAndSet, 7, 5, 1), new(1, 7, 8, Read, 0, 0, 7)];
        Linearizability.Explain(right).Should().BeNull();
        Linearizability.Explain([.. right[..3], right[3] with { Answer = 5 }]).Should().Contain("holds 7");
    }

    [Fact]
    public void Explain_OverlappingWriteAndReads_AcceptsEitherOrderButNoWayBack()
    {
        // The write overlaps both reads. Old then new is possible; new then old is the classic violation (Herlihy and Wing, 1990).
        RegisterOperation write = new(0, 1, 10, Swap, 1, 0, 0);
        Linearizability.Explain([write, new(1, 2, 3, Read, 0, 0, 0), new(2, 4, 5, Read, 0, 0, 1)]).Should().BeNull();
        Linearizability.Explain([write, new(1, 2, 3, Read, 0, 0, 1), new(2, 4, 5, Read, 0, 0, 0)]).Should().NotBeNull();
    }

    [Fact]
    public void Explain_TwoCompareAndSetsFromTheSameValue_AcceptsOneWinnerOnly()
    {
        Linearizability.Explain([new(0, 1, 10, CompareAndSet, 1, 0, 1), new(1, 2, 9, CompareAndSet, 2, 0, 0)]).Should().BeNull();
        Linearizability.Explain([new(0, 1, 10, CompareAndSet, 1, 0, 1), new(1, 2, 9, CompareAndSet, 2, 0, 1)]).Should().NotBeNull();
        // None may lose where nobody else wrote.
        Linearizability.Explain([new(0, 1, 10, CompareAndSet, 1, 0, 0), new(1, 2, 9, CompareAndSet, 2, 0, 0)]).Should().NotBeNull();
    }

    [Fact]
    public void Explain_AStaleRead_IsRefused() =>
        Linearizability.Explain([new(0, 1, 2, Swap, 1, 0, 0), new(1, 3, 4, Read, 0, 0, 0)]).Should().NotBeNull();

    [Fact]
    public void Explain_NeedsToGoBack_FindsTheOtherOrder()
    {
        // Taking the first swap first leads nowhere: only 2, 1, read 1 explains the answers.
        RegisterOperation[] history = [new(0, 1, 10, Swap, 1, 0, 2), new(1, 1, 10, Swap, 2, 0, 0), new(2, 11, 12, Read, 0, 0, 1)];
        Linearizability.Explain(history).Should().BeNull();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Explain_RandomHistoriesOfARealRegister_AcceptsThemAndNoticesOneWrongAnswer(int seed)
    {
        var random = new Random(seed);
        var (value, clock) = (0, 0L);
        var history = new List<RegisterOperation>();
        var free = new long[8];
        for (var i = 0; i < 4_000; i++)
        {
            // Each operation takes effect at one moment; its interval around that moment overlaps those of others.
            clock += 10;
            var process = random.Next(8);
            var kind = (RegisterOperationKind)random.Next(3);
            var (written, expected) = (1_000 + i, random.Next(3) == 0 ? -1 : value);
            var answer = kind == CompareAndSet ? (value == expected ? 1 : 0) : value;
            var invoked = Math.Max(free[process] + 1, clock - random.Next(40));
            if (invoked > clock)
                continue;
            var returned = clock + random.Next(1, 40);
            free[process] = returned;
            var operation = new RegisterOperation(process, invoked, returned, kind, written, expected, answer);
            operation.Fits(value, out value).Should().BeTrue();
            history.Add(operation);
        }

        Linearizability.Explain(history).Should().BeNull();
        var wrong = history.FindIndex(history.Count / 2, operation => operation.Kind == Swap);
        history[wrong] = history[wrong] with { Answer = 999 };
        Linearizability.Explain(history).Should().NotBeNull();
    }
}
