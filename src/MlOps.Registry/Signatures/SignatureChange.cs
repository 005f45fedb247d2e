namespace MlOps.Registry;

/// <summary>One way in which a signature differs from an older one.</summary>
/// <param name="Subject">What changed, for instance <c>input 'features'</c> or <c>feature 'distance'</c>.</param>
/// <param name="Message">How, with both values.</param>
/// <param name="IsBreaking">Whether a caller that was written for the older one may fail, or be answered wrongly.</param>
public sealed record SignatureChange(string Subject, string Message, bool IsBreaking)
{
    /// <inheritdoc />
    public override string ToString() => $"{Subject} {Message}";
}
