namespace MlOps.Serving;

/// <summary>How requests arrive, in an open loop: they do not wait for answers.</summary>
public sealed record ArrivalPattern
{
    private ArrivalPattern(double rate, double burst, TimeSpan dwell)
    {
        Rate = rate;
        Burst = burst;
        Dwell = dwell;
    }

    /// <summary>Requests a second on average.</summary>
    public double Rate { get; }

    /// <summary>How many times the average rate a burst has; 1 for none.</summary>
    public double Burst { get; }

    /// <summary>How long bursts and the calm between them last on average.</summary>
    public TimeSpan Dwell { get; }

    /// <summary>Independent requests at an even rate.</summary>
    /// <param name="rate">Requests a second.</param>
    /// <returns>The pattern.</returns>
    public static ArrivalPattern Poisson(double rate)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rate);
        return new ArrivalPattern(rate, 1, TimeSpan.Zero);
    }

    /// <summary>A Poisson process whose rate switches between high and low (a Markov-modulated one), half of the time each.</summary>
    /// <param name="rate">Requests a second on average.</param>
    /// <param name="burst">How many times the average the high rate is, from 1 to 2.</param>
    /// <param name="dwell">How long each rate lasts on average.</param>
    /// <returns>The pattern.</returns>
    public static ArrivalPattern Bursty(double rate, double burst, TimeSpan dwell)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rate);
        ArgumentOutOfRangeException.ThrowIfLessThan(burst, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(burst, 2);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(dwell, TimeSpan.Zero);
        return new ArrivalPattern(rate, burst, dwell);
    }

    /// <summary>The moments of the first arrivals.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">The same seed gives the same moments.</param>
    /// <returns>Seconds from the start, rising.</returns>
    public double[] Times(int count, int seed)
    {
        var random = new Random(seed);
        var times = new double[count];
        var (now, high, until) = (0.0, true, Dwell > TimeSpan.Zero ? Exponential(random, Dwell.TotalSeconds) : double.MaxValue);
        for (var i = 0; i < count; i++)
        {
            // The process has no memory, so a gap that crosses a switch may be drawn anew from there.
            while (true)
            {
                var rate = Rate * (high ? Burst : 2 - Burst);
                var next = rate > 0 ? now + Exponential(random, 1 / rate) : double.MaxValue;
                if (Burst == 1 || next <= until)
                {
                    now = next;
                    break;
                }

                now = until;
                until += Exponential(random, Dwell.TotalSeconds);
                high = !high;
            }

            times[i] = now;
        }

        return times;
    }

    private static double Exponential(Random random, double mean) => -Math.Log(1 - random.NextDouble()) * mean;
}
