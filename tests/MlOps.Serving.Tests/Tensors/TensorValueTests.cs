namespace MlOps.Serving.Tests.Tensors;

public sealed class TensorValueTests
{
    [Fact]
    public void Create_ShapeAndElementsDisagree_SaysBoth() =>
        FluentActions.Invoking(() => TensorValue.Create(new float[5], 2, 3))
            .Should().Throw<InvalidInputException>().WithMessage("*[2, 3]*6*5*");

    [Fact]
    public void Create_NoShape_IsVectorOrScalar()
    {
        TensorValue.Create([1f, 2f]).Shape.ToArray().Should().Equal(2);
        TensorValue.Create([1f]).Shape.ToArray().Should().BeEmpty();
    }

    [Fact]
    public void Bytes_OfHalves_AreTheirBits() =>
        TensorValue.Create([(Half)1.5f, (Half)(-2f)], 2).Bytes.ToArray().Should().Equal(0x00, 0x3E, 0x00, 0xC0);

    [Fact]
    public void Zeros_EveryType_HasThatType()
    {
        foreach (var type in Enum.GetValues<TensorType>())
        {
            var tensor = TensorValue.Zeros(type, 2, 3);
            (tensor.Type, tensor.Length).Should().Be((type, 6));
            if (type != TensorType.String)
                tensor.Bytes.Length.Should().Be(6 * tensor.ElementSize);
        }
    }

    [Fact]
    public void Create_NegativeOrHugeDimensions_AreRefused()
    {
        FluentActions.Invoking(() => TensorValue.Create(new float[1], -1, -1)).Should().Throw<InvalidInputException>();
        FluentActions.Invoking(() => TensorValue.Create(new float[0], int.MaxValue, int.MaxValue)).Should().Throw<InvalidInputException>();
    }

    [Theory]
    [InlineData(1f, 0x3F80)]
    [InlineData(1.00390625f, 0x3F80)]
    [InlineData(1.01171875f, 0x3F82)]
    [InlineData(3.3895314e38f, 0x7F7F)]
    [InlineData(float.PositiveInfinity, 0x7F80)]
    [InlineData(-0f, 0x8000)]
    public void BFloat16_FromFloat_RoundsToNearestEven(float value, int bits) =>
        ((BFloat16)value).Bits.Should().Be((ushort)bits);
}
