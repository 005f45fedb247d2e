using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MlOps.Tests.Data;

public sealed class SliceTests
{
    [Fact]
    public void Slice_OfAnyLength_SharesMemoryAndAllocatesTheSame()
    {
        var small = Make(1_000);
        var large = Make(1_000_000);
        Allocated(small, 900);
        Allocated(large, 900_000).Should().Be(Allocated(small, 900)).And.BeLessThan(4_096);

        var slice = large.Slice(17, 900_000).Slice(3, 10);
        Shares<double>("x");
        Shares<string>("s");
        Shares<bool>("b");
        slice["x"].IsNull(1).Should().BeTrue();

        void Shares<T>(string name) => Unsafe.AreSame(
            ref MemoryMarshal.GetReference(slice.Column<T>(name).Span), ref Unsafe.Add(ref MemoryMarshal.GetReference(large.Column<T>(name).Span), 20)).Should().BeTrue();
    }

    private static long Allocated(DataFrame frame, int rows)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var slice = frame.Slice(50, rows);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        slice.RowCount.Should().Be(rows);
        return allocated;
    }

    private static DataFrame Make(int rows) => new(
        DataColumn.FromNullable("x", Enumerable.Range(0, rows).Select(i => i % 7 == 0 ? (double?)null : i)),
        DataColumn.Create("s", Enumerable.Range(0, rows).Select(i => i % 2 == 0 ? "even" : "odd").ToArray()),
        DataColumn.Create("b", new bool[rows]));
}
