namespace MlOps.Features;

/// <summary>What an encoding takes a column for. Stored by name.</summary>
internal enum EncodedKind
{
    /// <summary>A number or flag.</summary>
    Number = 0,

    /// <summary>A text.</summary>
    Text = 1,

    /// <summary>An integer or flag whose values are categories.</summary>
    Code = 2,
}
