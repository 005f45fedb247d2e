using System.Diagnostics;

namespace MlOps.Benchmarks.Claims;

/// <summary>The <c>claims</c> command: choose, measure, print, write.</summary>
public static class ClaimCommand
{
    /// <returns>0 when every chosen claim holds, 1 when one falls short or fails, 2 when nothing could be chosen.</returns>
    public static async Task<int> RunAsync(
        string[] args, IReadOnlyList<IClaim> claims, TextWriter output, TextWriter errors, CancellationToken cancellationToken = default)
    {
        if (ClaimOptions.Parse(args, out string? mistake) is not { } options || (mistake = ClaimTable.FindMistake(claims)) is not null)
        {
            await errors.WriteLineAsync(mistake);
            return 2;
        }

        IClaim[] chosen = [.. claims.Where(claim => options.Chooses(claim.Name))];
        if (options.List)
        {
            foreach (var claim in chosen)
                await output.WriteLineAsync($"{claim.Name,-40} {claim.Bound,-20} {claim.What}");
            return 0;
        }

        if (chosen.Length == 0)
        {
            await errors.WriteLineAsync(options.Filters.Count == 0
                ? "There are no claims."
                : $"No claim's name begins with '{string.Join("' or '", options.Filters)}'. claims --list lists them.");
            return 2;
        }

#if DEBUG
        await errors.WriteLineAsync("A debug build measures nothing that counts: use -c Release.");
#endif
        var machine = MachineFingerprint.Read();
        await output.WriteLineAsync($"{machine}{Environment.NewLine}");
        var outcomes = new List<ClaimOutcome>();
        foreach (var claim in chosen)
        {
            var outcome = await MeasureAsync(claim, machine, output, cancellationToken);
            outcomes.Add(outcome);
            await output.WriteLineAsync(
                $"{outcome.Verdict,-11} {outcome.Name,-40} {outcome.Display,14}   {outcome.Bound,-20} {outcome.Seconds,7:F1} s");
            if (outcome.Error is { } error)
                await output.WriteLineAsync($"    {error}");
        }

        int held = outcomes.Count(outcome => outcome.Held);
        await output.WriteLineAsync($"{Environment.NewLine}{held} of {outcomes.Count} claims held");
        if (options.JsonFile is { } json)
            await ClaimStore.WriteAsync(json, outcomes, cancellationToken);
        if (options.MarkdownFile is { } markdown)
            await ClaimMarkdown.UpdateAsync(markdown, outcomes, claims, cancellationToken);
        return held == outcomes.Count ? 0 : 1;
    }

    private static async Task<ClaimOutcome> MeasureAsync(
        IClaim claim, MachineFingerprint machine, TextWriter output, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        ClaimOutcome Conclude(ClaimResult? result, string? error) => new()
        {
            Name = claim.Name,
            What = claim.What,
            Bound = claim.Bound,
            Measured = result is { Measured: var measured } && double.IsFinite(measured) ? measured : null,
            Display = result?.Display ?? "-",
            Held = result?.Held ?? false,
            Error = error,
            Seconds = clock.Elapsed.TotalSeconds,
            Details = result?.Details ?? [],
            Machine = machine.ToString(),
            Date = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime),
        };

        // One claim's garbage is not the next one's pause.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using var context = new ClaimContext(claim.Name, output);
        try
        {
            return Conclude(await claim.MeasureAsync(context, cancellationToken), error: null);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return Conclude(result: null, error: e.ToString());
        }
    }
}
