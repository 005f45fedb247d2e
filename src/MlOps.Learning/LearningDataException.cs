namespace MlOps.Learning;

/// <summary>Data for training, prediction or evaluation are not usable; the message names the field, the value seen and the remedy.</summary>
public sealed class LearningDataException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, the value seen, and what to do.</param>
    public LearningDataException(string message)
        : base(message)
    {
    }
}
