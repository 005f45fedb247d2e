namespace MlOps.Learning.Tests.Data;

public sealed class FeatureMatrixTests
{
    [Fact]
    public void Constructor_NaNLabel_NamesRow()
    {
        Action act = () => new FeatureMatrix(["a"], [[1, 2, 3]], [0, 1, float.NaN]);
        act.Should().Throw<InvalidInputException>().WithMessage("*row 2*NaN*");
    }

    [Theory]
    [InlineData(-1f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Constructor_BadWeight_NamesRow(float weight)
    {
        Action act = () => new FeatureMatrix(["a"], [[1, 2]], [0, 1], [1, weight]);
        act.Should().Throw<InvalidInputException>().WithMessage("*weight of row 1*");
    }

    [Fact]
    public void Constructor_RepeatedNameOrOtherLength_NamesFeature()
    {
        Action twice = () => new FeatureMatrix(["a", "a"], [[1], [2]]);
        Action ragged = () => new FeatureMatrix(["a", "b"], [[1], [2, 3]]);
        Action unnamed = () => new FeatureMatrix(["a"], [[1], [2]]);
        Action labels = () => new FeatureMatrix(["a"], [[1]], [1, 0]);
        twice.Should().Throw<InvalidInputException>().WithMessage("*'a' appears twice*");
        ragged.Should().Throw<InvalidInputException>().WithMessage("*'b' has 2 rows*");
        unnamed.Should().Throw<InvalidInputException>().WithMessage("*1 feature names*2 columns*");
        labels.Should().Throw<InvalidInputException>().WithMessage("*2 labels for 1 rows*");
    }

    [Fact]
    public void FromRows_RowMajor_GivesColumns()
    {
        FeatureMatrix matrix = FeatureMatrix.FromRows(["a", "b"], [1, 2, 3, 4, 5, 6], [0, 1, 0]);
        matrix.Column(1).ToArray().Should().Equal(2, 4, 6);
        float[] row = new float[2];
        matrix.CopyRow(2, row);
        row.Should().Equal(5, 6);
        matrix.SelectRows([2, 0, 2]).Column(0).ToArray().Should().Equal(5, 1, 5);
        (FeatureMatrix head, FeatureMatrix tail) = matrix.SplitAt(1);
        head.RowCount.Should().Be(1);
        tail.Labels.ToArray().Should().Equal(1, 0);
    }

    [Fact]
    public void FromFrame_NullsAndTypes_BecomeSinglesAndNaN()
    {
        DataFrame frame = new(
            DataColumn.Create("d", [1.5, 2.5, 3.5], [0b101]),
            DataColumn.Create("l", [1L, 2L, 3L]),
            DataColumn.Create("b", [true, false, true]),
            DataColumn.Create("late", [0, 1, 0]),
            DataColumn.Create("name", ["x", "y", "z"]));
        FeatureMatrix matrix = FeatureMatrix.FromFrame(frame.Slice(0, 3), ["b", "d", "l"], "late");
        matrix.FeatureNames.Should().Equal("b", "d", "l");
        matrix.Column(0).ToArray().Should().Equal(1, 0, 1);
        matrix.Column(1).ToArray().Should().Equal(1.5f, float.NaN, 3.5f);
        matrix.Column(2).ToArray().Should().Equal(1, 2, 3);
        matrix.Labels.ToArray().Should().Equal(0, 1, 0);

        Action text = () => FeatureMatrix.FromFrame(frame, ["name"]);
        text.Should().Throw<InvalidInputException>().WithMessage("*'name' holds String*");
        Action nullLabel = () => FeatureMatrix.FromFrame(frame, ["b"], "d");
        nullLabel.Should().Throw<InvalidInputException>().WithMessage("*row 1*");
        Action absent = () => FeatureMatrix.FromFrame(frame, ["nope"]);
        absent.Should().Throw<NotFoundException>();
    }
}
