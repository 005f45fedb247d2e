namespace MlOps.Learning;

/// <summary>Runs numbered pieces of work on a bounded number of threads; one thread means the caller's own.</summary>
internal static class Workers
{
    public static int Count(int requested) => requested > 0 ? requested : Environment.ProcessorCount;

    public static void Run(int threads, int pieces, Action<int> work, CancellationToken cancellationToken = default)
    {
        if (threads <= 1 || pieces <= 1)
        {
            for (int piece = 0; piece < pieces; piece++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                work(piece);
            }

            return;
        }

        Parallel.For(0, pieces, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken }, work);
    }
}
