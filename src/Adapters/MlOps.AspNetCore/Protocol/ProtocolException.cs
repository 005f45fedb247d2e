namespace MlOps.AspNetCore;

/// <summary>A request that is answered with an error; the message goes to the caller.</summary>
internal sealed class ProtocolException(int status, string message) : Exception(message)
{
    public int Status => status;

    /// <summary>Whether the model's present form, other than the one that was assumed, may take the request.</summary>
    public bool DependsOnModel { get; init; }

    public static ProtocolException Malformed(string message) => new(400, message);

    public static ProtocolException Unfit(string message) => new(400, message) { DependsOnModel = true };
}
