using System.Runtime.CompilerServices;

namespace MlOps.Features;

/// <summary>Values of a row on the stack, since spans of references cannot be allocated there otherwise.</summary>
[InlineArray(Length)]
internal struct ValueRow
{
    public const int Length = 32;

    private FeatureValue _first;
}
