using System.Reflection;
using MlOps.Testing;

namespace MlOps.Benchmarks;

public sealed class BudgetTests
{
    [Fact]
    public void FrameTake_TenThousandRows_StaysInBudget()
    {
        var frame = new DataFrame(DataColumn.Create("value", new double[10_000]));
        int[] rows = [.. Enumerable.Range(0, 10_000)];

        AllocationBudget.Check("core.frame-take", () => frame.Take(rows));
    }

    [Fact]
    public void Check_OperationWithoutBudget_SaysWhatWasMeasured()
    {
        // Joined, so that the test below does not take it for a budget in use.
        var check = () => AllocationBudget.Check("core." + "unknown", () => GC.KeepAlive(new byte[1000]));

        check.Should().Throw<InvalidOperationException>().WithMessage("*'core.unknown'*10?? bytes*");
    }

    [Fact]
    public void Budgets_Listed_AreEachCheckedByATest()
    {
        string root = typeof(BudgetTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!;
        string sources = string.Concat(Directory.EnumerateFiles(Path.Combine(root, "tests"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Split(Path.DirectorySeparatorChar).Contains("obj"))
            .Select(File.ReadAllText));

        foreach (var (name, bytes) in AllocationBudget.ReadAll())
        {
            sources.Should().Contain($"\"{name}\"");
            bytes.Should().BeGreaterThanOrEqualTo(0);
        }
    }
}
