using System.Text;

namespace MlOps.Features;

/// <summary>Names of properties as names of columns. The generator names columns by the same rule.</summary>
internal static class SnakeCase
{
    /// <summary>OriginDelayMean24H becomes origin_delay_mean_24h, HTTPStatus http_status.</summary>
    public static string Of(string name)
    {
        var text = new StringBuilder(name.Length + 8);
        for (var i = 0; i < name.Length; i++)
        {
            var c = name[i];
            var before = i == 0 ? '_' : name[i - 1];
            var starts = char.IsUpper(c) && (char.IsLower(before) || char.IsUpper(before) && i + 1 < name.Length && char.IsLower(name[i + 1]))
                || char.IsDigit(c) && char.IsLetter(before);
            if (starts)
                text.Append('_');
            text.Append(char.ToLowerInvariant(c));
        }

        return text.ToString();
    }

    /// <summary>The member that a lambda such as <c>c => c.Id</c> reads.</summary>
    public static string OfMember(string view, string lambda)
    {
        var dot = lambda.LastIndexOf('.');
        var member = dot < 0 ? "" : lambda[(dot + 1)..].TrimEnd('!', ' ');
        return lambda.Contains("=>", StringComparison.Ordinal) && member.Length > 0 && member.All(c => char.IsLetterOrDigit(c) || c == '_')
            ? Of(member)
            : throw new InvalidDefinitionException($"Feature view '{view}': '{lambda}' does not read one property, so the key has no name: call Key(\"name\", ...).");
    }
}
