namespace MlOps.Serving;

/// <summary>What a model takes or gives under one name: a <see cref="TensorValue"/>, a <see cref="SequenceValue"/> or a <see cref="MapValue"/>.</summary>
public abstract class ModelValue
{
    private protected ModelValue()
    {
    }
}
