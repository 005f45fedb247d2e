using System.Buffers;

namespace MlOps.Features;

/// <summary>Room for the values of a row: on the stack where few, else borrowed, so that reads allocate nothing.</summary>
internal ref struct ValueBuffer
{
    private FeatureValue[]? _rented;

    public ValueBuffer(Span<FeatureValue> stack, int length)
    {
        if (length > stack.Length)
            _rented = ArrayPool<FeatureValue>.Shared.Rent(length);
        Values = _rented is null ? stack[..length] : _rented.AsSpan(0, length);
    }

    public Span<FeatureValue> Values { get; }

    public void Dispose()
    {
        if (_rented is null)
            return;
        // Texts must not be kept alive by the pool.
        Values.Clear();
        ArrayPool<FeatureValue>.Shared.Return(_rented);
        _rented = null;
    }
}
