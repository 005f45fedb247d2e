using System.Text.Json;

namespace MlOps.Testing;

/// <summary>
/// Holds operations to the bytes that <c>benchmarks/budgets.json</c> allows them. Budgets are for optimised code: a debug
/// build, which allocates more, runs the operation and compares nothing.
/// </summary>
internal static class AllocationBudget
{
    private const int Operations = 200;
    private const int Attempts = 5;

    /// <summary>Fails when one operation, which runs on the calling thread alone, allocates more than its budget.</summary>
    public static void Check(string name, Action operation)
    {
        for (int i = 0; i < Operations; i++)
            operation();
        double best = double.MaxValue;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Operations; i++)
                operation();
            best = Math.Min(best, (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Operations);
        }

        Compare(name, best);
    }

    /// <summary>
    /// The same for an asynchronous operation, by what the whole process allocates: put the test into a collection that
    /// does not run beside others. What others allocate can only add, so the least of several attempts counts.
    /// </summary>
    public static async Task CheckAsync(string name, Func<Task> operation)
    {
        for (int i = 0; i < Operations; i++)
            await operation();
        double best = double.MaxValue;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < Operations; i++)
                await operation();
            best = Math.Min(best, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Operations);
        }

        Compare(name, best);
    }

    /// <summary>Every budget by name.</summary>
    public static IReadOnlyDictionary<string, long> ReadAll()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "budgets.json")));
        return document.RootElement.GetProperty("budgets").EnumerateObject()
            .ToDictionary(budget => budget.Name, budget => budget.Value.GetProperty("bytes").GetInt64(), StringComparer.Ordinal);
    }

    private static void Compare(string name, double bytes)
    {
        if (!ReadAll().TryGetValue(name, out long budget))
            throw new InvalidOperationException($"benchmarks/budgets.json has no budget '{name}'. Add it; {bytes:F0} bytes were measured.");
#if !DEBUG
        bytes.Should().BeLessThanOrEqualTo(budget, "benchmarks/budgets.json allows '{0}' that many bytes", name);
#endif
    }
}
