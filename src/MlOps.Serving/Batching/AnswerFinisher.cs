namespace MlOps.Serving;

/// <summary>Makes an endpoint's answer of the engine's; travels with a waiting row, so that no second asynchronous method has to wait for it.</summary>
internal abstract class AnswerFinisher
{
    /// <summary>Whether <see cref="Answered"/> must be called in the moment of the answer, before its caller continues.</summary>
    public virtual bool Observes => false;

    /// <summary>Sees the answer in its moment.</summary>
    public virtual void Answered(in BatchAnswer answer)
    {
    }

    /// <summary>The endpoint's answer; asked for once, by the caller's thread.</summary>
    public abstract PredictionResult Finish(in BatchAnswer answer);
}
