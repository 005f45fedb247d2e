namespace MlOps.Features;

/// <summary>A view's offline rows, held open, and the join that recomputes features from them.</summary>
internal interface ISkewHistory : IDisposable
{
    FeatureView View { get; }

    /// <summary>The newest availability of all rows; <see cref="long.MinValue"/> without rows.</summary>
    long NewestAvailable { get; }

    /// <summary>The features of a view, by number and row, of what had happened by a moment and was available a delay before it (a negative delay: after it).</summary>
    /// <param name="keys">By part of the view's key, by row; null for a row without that part.</param>
    /// <param name="times">The moments in microseconds.</param>
    /// <param name="delay">What is added to availability, in microseconds.</param>
    /// <param name="probe">The view with further features over the same columns (<see cref="SkewProbe"/>); null for the view itself.</param>
    float[][] Replay(string?[][] keys, long[] times, long delay, FeatureView? probe = null);
}
