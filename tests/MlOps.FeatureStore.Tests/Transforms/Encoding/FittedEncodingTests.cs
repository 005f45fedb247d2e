using System.Text;

namespace MlOps.Features.Tests;

public sealed class FittedEncodingTests
{
    private static readonly string[] Carriers = ["UA", "AA", "DL", "WN", "Ünï", ""];

    [Fact]
    public void Rows_EncodedOneByOne_AreTheFramesBits()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var encoding = Define().Fit(Flights(200, seed));
            var frame = Flights(300, seed + 1000);
            var tensor = encoding.Transform(frame);
            var row = new float[encoding.OutputNames.Count];
            var values = new FeatureValue[encoding.InputNames.Count];
            for (var i = 0; i < frame.RowCount; i++)
            {
                for (var column = 0; column < values.Length; column++)
                    ColumnValues.Fill(frame[encoding.InputNames[column]], i, 1, values.AsSpan(column), 1);
                encoding.Transform(values, row);
                row.Select(BitConverter.SingleToInt32Bits).Should().Equal(tensor.Row(i).ToArray().Select(BitConverter.SingleToInt32Bits));
            }
        }
    }

    [Fact]
    public void Encoding_SavedAndLoaded_DoesTheSameUnderTheSameDigest()
    {
        var encoding = Define().Fit(Flights(500, 1));
        using var stream = new MemoryStream();
        encoding.Save(stream);
        stream.Position = 0;
        var loaded = FittedEncoding.Load(stream);

        loaded.Digest.Should().Be(encoding.Digest);
        loaded.OutputNames.Should().Equal(encoding.OutputNames);
        var frame = Flights(300, 2);
        loaded.Transform(frame).Values.Select(BitConverter.SingleToInt32Bits).Should().Equal(encoding.Transform(frame).Values.Select(BitConverter.SingleToInt32Bits));
        Define().Fit(Flights(500, 1)).Digest.Should().Be(encoding.Digest);
        Define().Fit(Flights(500, 3)).Digest.Should().NotBe(encoding.Digest);
    }

    [Fact]
    public void UnknownCategory_UnderEachPolicy_IsTreatedAsSaid()
    {
        var data = new DataFrame(DataColumn.FromText("c", "a", "b", "b", null, "c", "c"));
        float[] Encode(OutOfVocabulary policy, string? value) =>
            FeatureEncoding.Define().OneHot("c", maxCategories: 2, policy).Fit(data).Transform(new DataFrame(DataColumn.FromText("c", value))).Values;

        Encode(OutOfVocabulary.Bucket, "b").Should().Equal(1, 0, 0);
        Encode(OutOfVocabulary.Bucket, "a").Should().Equal(0, 0, 1);
        Encode(OutOfVocabulary.Bucket, null).Should().Equal(0, 0, 1);
        Encode(OutOfVocabulary.Zeros, "z").Should().Equal(0, 0);
        var refuse = () => Encode(OutOfVocabulary.Refuse, "z");
        refuse.Should().Throw<InvalidInputException>().WithMessage("*row 0*'c'*'z'*2 categories*");
    }

    [Fact]
    public void Statistics_OfNumbersFarFromZero_DoNotCancel()
    {
        // NIST StRD NumAcc4: 10000000.2, then 10000000.1 and 10000000.3 in turn, 1001 numbers; standard deviation (sample) 0.1.
        double[] numbers = [10000000.2, .. Enumerable.Range(0, 1000).Select(i => i % 2 == 0 ? 10000000.1 : 10000000.3)];
        var column = new FittedColumn(DataColumn.Create("x", numbers), false, null);

        var (mean, deviation) = column.MeanAndDeviation(Deviation.Sample);

        mean.Should().BeApproximately(10000000.2, 1e-8);
        deviation.Should().BeApproximately(0.1, 1e-9);
        column.MeanAndDeviation(Deviation.Population).Deviation.Should().BeApproximately(0.1 * Math.Sqrt(1000 / 1001.0), 1e-9);
    }

    [Fact]
    public void Impute_WithIndicator_FillsEveryEncoderOfTheColumn()
    {
        var encoding = FeatureEncoding.Define().Pass("x").Impute("x", Imputation.Median, indicator: true).BinByWidth("x", 2).Impute("y", 7).Pass("y").Log1P("y")
            .Fit(new DataFrame(DataColumn.FromNullable<int>("x", 1, 2, null, 9), DataColumn.Create("y", new double[4])));

        encoding.OutputNames.Should().Equal("x", "x_missing", "x_bin", "y", "y_log1p");
        encoding.Transform(new DataFrame(DataColumn.FromNullable<int>("x", null, 8), DataColumn.Create("y", new[] { double.NaN, 1e-12 })))
            .Values.Should().Equal(2, 1, 0, 7, (float)Math.Log(8), 8, 0, 1, 1e-12f, 1e-12f);
    }

    [Fact]
    public void Columns_WithoutVariation_BecomeZero()
    {
        var data = new DataFrame(DataColumn.Create("x", new[] { 5.0, 5, 5 }));

        FeatureEncoding.Define().Standardise("x").Normalise("x").BinByQuantile("x", 4).BinByWidth("x", 3, oneHot: true).Fit(data).Transform(data).Row(0).ToArray().Should().Equal(0, 0, 0, 1);
    }

    [Fact]
    public void Fit_OnDataThatDoesNotSuit_SaysColumnAndRemedy()
    {
        var data = new DataFrame(DataColumn.FromText("t", "a", "b"), DataColumn.Create("n", new[] { 1.5, double.PositiveInfinity }), DataColumn.Create("e", new[] { double.NaN, double.NaN }));

        Fails<InvalidInputException>(e => e.Standardise("t")).Should().Contain("'t'").And.Contain("OneHot");
        Fails<InvalidInputException>(e => e.OneHot("n")).Should().Contain("'n'").And.Contain("BinByWidth");
        Fails<InvalidInputException>(e => e.Standardise("n")).Should().Contain("row 1").And.Contain("infinite");
        Fails<InvalidInputException>(e => e.Standardise("e")).Should().Contain("no number");
        Fails<InvalidInputException>(e => e.Impute("e", Imputation.Mean).Pass("e")).Should().Contain("no number");
        Fails<NotFoundException>(e => e.Pass("m")).Should().Contain("'m'");
        Fails<InvalidDefinitionException>(e => e).Should().Contain("nothing");
        Fails<InvalidDefinitionException>(e => e.Pass("e").Pass("e")).Should().Contain("twice");
        Fails<InvalidDefinitionException>(e => e.Impute("e", 1).Impute("e", 2)).Should().Contain("twice");
        Fails<InvalidDefinitionException>(e => e.Impute("t", 1).OneHot("t")).Should().Contain("unknown");

        string Fails<TError>(Func<FeatureEncodingBuilder, FeatureEncodingBuilder> define)
            where TError : MlOpsException
        {
            var fit = () => define(FeatureEncoding.Define()).Fit(data);
            return fit.Should().Throw<TError>().Which.Message;
        }
    }

    [Fact]
    public void Row_OfOtherTypesThanInTraining_IsRefused()
    {
        var encoding = FeatureEncoding.Define().OneHot("c").Pass("x").Fit(new DataFrame(DataColumn.FromText("c", "a"), DataColumn.Create("x", new[] { 1.0 })));
        var number = () => encoding.Transform([1.0, 1.0], new float[3]);
        var text = () => encoding.Transform(["a", "b"], new float[3]);
        var few = () => encoding.Transform(["a"], new float[3]);
        var room = () => encoding.Transform(["a", 1.0], new float[2]);

        number.Should().Throw<InvalidInputException>().WithMessage("*'c' was text*Float64*");
        text.Should().Throw<InvalidInputException>().WithMessage("*'x' was a number*String*");
        few.Should().Throw<InvalidInputException>().WithMessage("*2 value(s) (c, x); 1*");
        room.Should().Throw<InvalidInputException>().WithMessage("*3 numbers*2*");
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"format":"other","version":1,"columns":[],"steps":[]}""")]
    [InlineData("""{"format":"mlops-feature-encoding","version":2,"columns":[{"name":"x","kind":"Number"}],"steps":[{"kind":"pass","column":0}]}""")]
    [InlineData("""{"format":"mlops-feature-encoding","version":1,"columns":[{"name":"x","kind":"Number"}],"steps":[{"kind":"pass","column":0}],"more":1}""")]
    [InlineData("""{"format":"mlops-feature-encoding","version":1,"version":1,"columns":[{"name":"x","kind":"Number"}],"steps":[{"kind":"pass","column":0}]}""")]
    [InlineData("""{"format":"mlops-feature-encoding","version":1,"columns":[{"name":"x","kind":"Number"}],"steps":[]}""")]
    [InlineData("""{"format":"mlops-feature-encoding","version":1,"columns":[{"name":"x","kind":"0"}],"steps":[{"kind":"pass","column":0}]}""")]
    [InlineData("""{"format":"mlops-feature-encoding","version":1,"columns":[{"name":"x","kind":"Number"},{"name":"x","kind":"Number"}],"steps":[{"kind":"pass","column":0}]}""")]
    [InlineData("""{"format":"mlops-feature-encoding","version":1,"columns":[{"name":"x","kind":"Number"}],"steps":[{"kind":"pass","column":1}]}""")]
    [InlineData("""{"format":"mlops-feature-encoding","version":1,"columns":[{"name":"x","kind":"Number"}],"steps":[{"kind":"pass","column":-1}]}""")]
    [InlineData("""{"format":"mlops-feature-encoding","version":1,"columns":[{"name":"x","kind":"Number"}],"steps":[{"kind":"eval","column":0}]}""")]
    [InlineData("""{"format":"mlops-feature-encoding","version":1,"columns":[{"name":"x","kind":"Number"}],"steps":[{"kind":"one-hot","column":0,"categories":["a"],"out_of_vocabulary":"Bucket"}]}""")]
    [InlineData("""{"format":"mlops-feature-encoding","version":1,"columns":[{"name":"x","kind":"Number"}],"steps":[{"kind":"standardise","column":0,"offset":0,"scale":0,"clamps":false}]}""")]
    [InlineData("""{"format":"mlops-feature-encoding","version":1,"columns":[{"name":"x","kind":"Number"}],"steps":[{"kind":"standardise","column":0,"offset":1e999,"scale":1,"clamps":false}]}""")]
    [InlineData("""{"format":"mlops-feature-encoding","version":1,"columns":[{"name":"x","kind":"Number"}],"steps":[{"kind":"standardise","column":0,"offset":0,"scale":"1","clamps":false}]}""")]
    [InlineData("""{"format":"mlops-feature-encoding","version":1,"columns":[{"name":"x","kind":"Number"}],"steps":[{"kind":"bin","column":0,"edges":[0,2,1],"one_hot":false}]}""")]
    [InlineData("""{"format":"mlops-feature-encoding","version":1,"columns":[{"name":"x","kind":"Text"}],"steps":[{"kind":"hash","column":0,"hash":"xxh64","buckets":2000000000,"seed":0}]}""")]
    [InlineData("""{"format":"mlops-feature-encoding","version":1,"columns":[{"name":"x","kind":"Text"}],"steps":[{"kind":"hash","column":0,"hash":"md5","buckets":2,"seed":0}]}""")]
    [InlineData("""{"format":"mlops-feature-encoding","version":1,"columns":[{"name":"x","kind":"Code"}],"steps":[{"kind":"one-hot","column":0,"categories":["07"],"out_of_vocabulary":"Bucket"}]}""")]
    [InlineData("""{"format":"mlops-feature-encoding","version":1,"columns":[{"name":"x","kind":"Text"}],"steps":[{"kind":"one-hot","column":0,"categories":["a","a"],"out_of_vocabulary":"Bucket"}]}""")]
    [InlineData("""{"format":"mlops-feature-encoding","version":1,"columns":[{"name":"x","kind":"Text"}],"steps":[{"kind":"one-hot","column":0,"categories":[1],"out_of_vocabulary":"Bucket"}]}""")]
    [InlineData("""{"format":"mlops-feature-encoding","version":1,"columns":[{"name":"x","kind":"Text","fill":1}],"steps":[{"kind":"missing","column":0}]}""")]
    [InlineData("""{"format":"mlops-feature-encoding","version":1,"columns":[{"name":"x","kind":"Number"}],"steps":[{"kind":"pass","column":0},{"kind":"pass","column":0}]}""")]
    public void Load_OfAnythingElse_IsRefused(string json)
    {
        var load = () => FittedEncoding.Load(Encoding.UTF8.GetBytes(json));

        load.Should().Throw<InvalidInputException>().WithMessage("The feature encoding cannot be read: *");
    }

    [Fact]
    public void Load_OfDamagedBytes_IsRefusedOrReadsWhatItSays()
    {
        var json = Define().Fit(Flights(50, 1)).Json.ToArray();
        var random = new Random(5);
        for (var i = 0; i < 3000; i++)
        {
            var damaged = (byte[])json.Clone();
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            if (random.Next(3) == 0)
                damaged = damaged[..random.Next(damaged.Length)];
            try
            {
                FittedEncoding.Load(damaged).Digest.IsEmpty.Should().BeFalse();
            }
            catch (InvalidInputException)
            {
                // Refused with a reason: what is wanted.
            }
        }
    }

    [Fact]
    public void Row_Encoded_AllocatesNothing()
    {
        var encoding = Define().Fit(Flights(200, 1));
        FeatureValue[] values = ["UA", "a text that was never seen, with ümlauts", 7, true, 12.5, FeatureValue.None(DataType.Float64)];
        values = [.. encoding.InputNames.Select(name => name switch { "carrier" => values[0], "tail" => values[1], "weekday" => values[2], "late" => values[3], "delay" => values[4], _ => values[5] })];
        var row = new float[encoding.OutputNames.Count];
        for (var i = 0; i < 300; i++)
            encoding.Transform(values, row);

        var least = long.MaxValue;
        for (var attempt = 0; attempt < 5; attempt++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
                encoding.Transform(values, row);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        least.Should().Be(0);
    }

    [Fact]
    public void Tensor_OfAFrame_HasTheColumnsAskedForAndThePolicyForMissingNumbers()
    {
        var frame = new DataFrame(DataColumn.Create("a", new[] { 1, 2 }), DataColumn.FromText("t", "x", "y"), DataColumn.FromNullable<double>("b", null, 4));

        var all = frame.ToTensor();
        (all.Names, all.Shape).Should().BeEquivalentTo((new[] { "a", "b" }, new[] { 2, 2 }));
        all.Values.Should().Equal(1, float.NaN, 2, 4);
        frame.ToTensor(["b", "a"], MissingNumbers.Zero).Values.Should().Equal(0, 1, 4, 2);
        var refuse = () => frame.ToTensor(missing: MissingNumbers.Refuse);
        refuse.Should().Throw<InvalidInputException>().WithMessage("*'b'*row 0*");
        var text = () => frame.ToTensor(["t"]);
        text.Should().Throw<InvalidInputException>().WithMessage("*'t'*");
    }

    private static FeatureEncodingBuilder Define() => FeatureEncoding.Define()
        .OneHot("carrier", maxCategories: 3).OneHot("weekday").OneHot("late").Hash("tail", 16, seed: -5).Hash("weekday", 4)
        .Standardise("delay").Normalise("delay").Standardise("taxi", Deviation.Sample).Impute("taxi", Imputation.Mean, indicator: true).Log1P("taxi")
        .BinByWidth("delay", 5).BinByQuantile("delay", 5, oneHot: true).Pass("distance");

    private static DataFrame Flights(int rows, int seed)
    {
        var random = new Random(seed);
        return new DataFrame(
            DataColumn.FromText("carrier", Enumerable.Range(0, rows).Select(_ => random.Next(10) == 0 ? null : Carriers[random.Next(Carriers.Length)])),
            DataColumn.FromText("tail", Enumerable.Range(0, rows).Select(_ => "N" + random.Next(10_000))),
            DataColumn.FromNullable("weekday", Enumerable.Range(0, rows).Select(_ => random.Next(10) == 0 ? (int?)null : random.Next(7))),
            DataColumn.Create("late", Enumerable.Range(0, rows).Select(_ => random.Next(2) == 0).ToArray()),
            DataColumn.Create("delay", Enumerable.Range(0, rows).Select(_ => random.Next(8) == 0 ? double.NaN : random.NextDouble() * 200 - 50).ToArray()),
            DataColumn.FromNullable("taxi", Enumerable.Range(0, rows).Select(_ => random.Next(8) == 0 ? (float?)null : random.NextSingle() * 30)),
            DataColumn.FromNullable("distance", Enumerable.Range(0, rows).Select(_ => random.Next(8) == 0 ? (long?)null : random.Next(3000))));
    }
}
