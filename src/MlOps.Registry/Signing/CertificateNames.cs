using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace MlOps.Registry;

/// <summary>The names by which a policy may call the holder of a certificate.</summary>
internal static class CertificateNames
{
    private const string AlternativeName = "2.5.29.17";

    public static IReadOnlyList<string> Of(X509Certificate2 certificate)
    {
        var names = new List<string> { certificate.Subject };
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            if (!part.HasMultipleElements && part.GetSingleElementType().Value == "2.5.4.3" && part.GetSingleElementValue() is { Length: > 0 } common)
                names.Add(common);
        }

        if (certificate.Extensions[AlternativeName] is { } extension)
            AddAlternatives(extension.RawData, names);
        return names;
    }

    // GeneralName of RFC 5280, 4.2.1.6: rfc822Name [1], dNSName [2], uniformResourceIdentifier [6], each an IA5String.
    private static void AddAlternatives(ReadOnlyMemory<byte> encoded, List<string> names)
    {
        try
        {
            var sequence = new AsnReader(encoded, AsnEncodingRules.DER).ReadSequence();
            while (sequence.HasData)
            {
                var tag = sequence.PeekTag();
                if (tag is { TagClass: TagClass.ContextSpecific, TagValue: 1 or 2 or 6 })
                    names.Add(sequence.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                else
                    sequence.ReadEncodedValue();
            }
        }
        catch (AsnContentException)
        {
            // A name that cannot be read is a name that nobody trusts.
        }
    }
}
