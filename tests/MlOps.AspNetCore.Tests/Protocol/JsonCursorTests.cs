using System.Globalization;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace MlOps.AspNetCore.Tests.Protocol;

/// <summary>The reader against the standard library's: the same documents are taken, and numbers are the same to the bit.</summary>
public sealed class JsonCursorTests
{
    private const string Seeds = """
        {"inputs":[{"name":"a\u0041\n\"","shape":[1,20],"data":[-0.5e-3,1E+2,0,true,false,null,{"x":[]},"\ud83d\ude00"]}],"id":"é"}
        """;

    [Fact]
    public void Cursor_MutatedDocuments_AreTakenExactlyWhenTheStandardLibraryTakesThem()
    {
        var random = new System.Random(7);
        byte[] alphabet = [.. """{}[]",:0123456789.eE+-\u/truefalsn x"""u8, 0, 9, 10, 13, 0xC3, 0xA9, 0xFF];
        var (taken, refused) = (0, 0);
        for (var i = 0; i < 60_000; i++)
        {
            var text = Encoding.UTF8.GetBytes(Seeds.Trim()).ToList();
            for (var edits = random.Next(4); edits > 0; edits--)
            {
                var at = random.Next(text.Count);
                switch (random.Next(3))
                {
                    case 0:
                        text[at] = alphabet[random.Next(alphabet.Length)];
                        break;
                    case 1:
                        text.RemoveAt(at);
                        break;
                    default:
                        text.Insert(at, alphabet[random.Next(alphabet.Length)]);
                        break;
                }
            }

            byte[] bytes = [.. text];
            var expected = IsTakenByTheStandardLibrary(bytes);
            IsTaken(bytes).Should().Be(expected, "{0}", Encoding.Latin1.GetString(bytes));
            _ = expected ? taken++ : refused++;
        }

        taken.Should().BeGreaterThan(1000);
        refused.Should().BeGreaterThan(1000);
    }

    [Fact]
    public void Number_AnyFloatAndDouble_IsReadToTheBit()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(20_000), Prop.ForAll(ArbMap.Default.ArbFor<int>(), ArbMap.Default.ArbFor<long>(), (bits, more) =>
        {
            var single = BitConverter.Int32BitsToSingle(bits * -1640531535);
            var wide = BitConverter.Int64BitsToDouble(more * -7046029254386353131);
            return (!float.IsFinite(single) || Same(single.ToString("R", CultureInfo.InvariantCulture))) && (!double.IsFinite(wide) || Same(wide.ToString("R", CultureInfo.InvariantCulture)));
        }));
    }

    [Fact]
    public void Number_DecimalsOfAnyLength_AreReadToTheBit()
    {
        var random = new System.Random(3);
        for (var i = 0; i < 100_000; i++)
        {
            var digits = random.Next(1, 26);
            var text = new StringBuilder(random.Next(2) == 0 ? "-" : "").Append((char)('1' + random.Next(9)));
            var point = random.Next(digits + 1);
            for (var d = 1; d < digits; d++)
            {
                if (d == point)
                    text.Append('.');
                text.Append((char)('0' + random.Next(10)));
            }

            if (random.Next(3) == 0)
                text.Append('e').Append(random.Next(-50, 50));
            Same(text.ToString()).Should().BeTrue("{0}", text);
        }
    }

    [Theory]
    [InlineData("16777217")]
    [InlineData("16777217.0000001")]
    [InlineData("9007199254740993")]
    [InlineData("1.00000005960464477539")]
    [InlineData("1.000000059604644775390625")]
    [InlineData("1.00000017881393432617187499")]
    [InlineData("1.4e-45")]
    [InlineData("7.0064923216240853546186479164495e-46")]
    [InlineData("1.17549429e-38")]
    [InlineData("3.4028235677973366e38")]
    [InlineData("0.000000000000000000000000000001")]
    [InlineData("123456789012345678901234567890")]
    [InlineData("-0")]
    [InlineData("0e5")]
    [InlineData("18446744073709551616")]
    public void Number_BetweenTwoFloats_RoundsAsTheStandardLibrary(string text) => Same(text).Should().BeTrue();

    [Theory]
    [InlineData("1.5x", true)]
    [InlineData("-0.0,", true)]
    [InlineData("12345678.12345678]", true)]
    [InlineData("0.123456789012345,", true)]
    [InlineData("123456,", true)]
    [InlineData("01.5,", false)]
    [InlineData("00,", false)]
    [InlineData("-,", false)]
    [InlineData("1.,", false)]
    [InlineData(".5,", false)]
    [InlineData("1.5e3,", false)]
    [InlineData("1E3,", false)]
    [InlineData(" 1.5,", false)]
    [InlineData("12345678901234567890,", false)]
    [InlineData("1.00000005960464477539,", false)]
    public void Cursor_SimpleFloat_IsReadTheShortWayOnlyWhenItIsOne(string text, bool isTaken)
    {
        var cursor = new JsonCursor(Encoding.ASCII.GetBytes(text.PadRight(40)), 4);
        cursor.TryReadSingle(out _).Should().Be(isTaken);
        cursor.Position.Should().Be(isTaken ? text.Length - 1 : 0);
        Short(text.TrimEnd(',', ']', 'x')).Should().BeTrue();
    }

    // Whatever the short way takes it reads as the standard library does, and it takes the same number of bytes.
    private static bool Short(string text)
    {
        var cursor = new JsonCursor(Encoding.ASCII.GetBytes(text + ",\u007F9;0.5" + new string('7', 32)), 4);
        return !cursor.TryReadSingle(out var value) ||
            (cursor.Position == text.Length && BitConverter.SingleToInt32Bits(value) == BitConverter.SingleToInt32Bits(float.Parse(text, CultureInfo.InvariantCulture)));
    }

    private static bool Same(string text)
    {
        if (!Short(text))
            return false;
        var cursor = new JsonCursor(Encoding.ASCII.GetBytes(text), 4);
        var number = cursor.ReadNumber();
        return BitConverter.SingleToInt32Bits(number.ToSingle()) == BitConverter.SingleToInt32Bits(float.Parse(text, CultureInfo.InvariantCulture)) &&
            BitConverter.DoubleToInt64Bits(number.ToDouble()) == BitConverter.DoubleToInt64Bits(double.Parse(text, CultureInfo.InvariantCulture)) &&
            number.TryGetInt64(out var signed) == long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var wanted) && (signed == wanted || !number.TryGetInt64(out _)) &&
            number.TryGetUInt64(out var unsigned) == ulong.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var wantedUnsigned) && (unsigned == wantedUnsigned || !number.TryGetUInt64(out _));
    }

    private static bool IsTaken(byte[] bytes)
    {
        try
        {
            var cursor = new JsonCursor(bytes, 16);
            cursor.Skip(0);
            cursor.End();
            return true;
        }
        catch (ProtocolException)
        {
            return false;
        }
    }

    private static bool IsTakenByTheStandardLibrary(byte[] bytes)
    {
        try
        {
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 16 });
            while (reader.Read())
            {
                // Escapes and UTF-8 are checked when the text is asked for.
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                    reader.GetString();
            }

            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
