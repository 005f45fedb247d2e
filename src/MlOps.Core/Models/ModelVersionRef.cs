using System.Globalization;

namespace MlOps;

/// <summary>Names a version of a model within an environment, written <c>model:version</c>.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The version, from 1.</param>
public readonly record struct ModelVersionRef(string Model, int Version)
{
    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Model}:{Version}");

    /// <summary>Reads <c>model:version</c>.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The reference.</returns>
    /// <exception cref="InvalidInputException">The text is not of that form.</exception>
    public static ModelVersionRef Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var version) || version < 1)
            throw new InvalidInputException($"'{text}' does not name a model version: expected 'model:version', for instance 'churn:3'.");
        return new ModelVersionRef(text[..colon], version);
    }
}
