using System.Runtime.CompilerServices;

namespace MlOps.Features;

/// <summary>The array that a windowed feature's numbers go to.</summary>
internal readonly struct NumberSink(FeatureOutput output)
{
    private readonly float[]? _floats = output.Values<float>();
    private readonly double[]? _doubles = output.Values<double>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Put(int place, double value)
    {
        if (_floats is not null)
            _floats[place] = (float)value;
        else
            _doubles![place] = value;
    }
}
