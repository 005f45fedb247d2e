using System.Diagnostics;

namespace MlOps.Serving;

/// <summary>Makes an endpoint's answer of the engine's; travels with a waiting row, so that no second asynchronous method has to wait for it.</summary>
internal abstract class AnswerFinisher
{
    /// <summary>Whether <see cref="Answered"/> must be called in the moment of the answer, before its caller continues.</summary>
    public virtual bool Observes => false;

    /// <summary>Whether <see cref="Answered"/> takes the answer, so that nobody waits for the request itself.</summary>
    public virtual bool Takes => false;

    /// <summary>The activity of the caller, if somebody listens.</summary>
    public virtual ActivityContext Origin => default;

    /// <summary>Is told the activity of the batch that answers, if somebody listens.</summary>
    public virtual void NoteBatch(ActivityContext batch)
    {
    }

    /// <summary>Sees the answer in its moment.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="inline">Whether callers may continue on this thread.</param>
    public virtual void Answered(in BatchAnswer answer, bool inline)
    {
    }

    /// <summary>The endpoint's answer; asked for once, by the caller's thread.</summary>
    public abstract PredictionResult Finish(in BatchAnswer answer);
}
