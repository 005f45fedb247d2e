using System.ComponentModel;

namespace MlOps.Features;

/// <summary>Reads values into properties, for generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class RowValues
{
    /// <summary>A value that must be there, except that a missing float is NaN.</summary>
    /// <typeparam name="T">bool, int, long, float, double, string, <see cref="Timestamp"/> or DateTimeOffset.</typeparam>
    /// <param name="value">The value.</param>
    /// <param name="property">The property that it goes into.</param>
    /// <returns>The value.</returns>
    /// <exception cref="InvalidInputException">It is missing, or of another type.</exception>
    public static T Required<T>(in FeatureValue value, string property)
    {
        if (!value.HasValue && !ValueTypes.CanBeAbsent<T>())
            throw new InvalidInputException($"There is no value for property '{property}', which is not nullable: make it {typeof(T).Name}?, or give the feature a value for every entity.");
        return Convert<T>(in value, property);
    }

    /// <summary>A value, or null where it is missing.</summary>
    /// <typeparam name="T">bool, int, long, float, double, <see cref="Timestamp"/> or DateTimeOffset.</typeparam>
    /// <param name="value">The value.</param>
    /// <param name="property">The property that it goes into.</param>
    /// <returns>The value or null.</returns>
    /// <exception cref="InvalidInputException">It is of another type.</exception>
    public static T? Optional<T>(in FeatureValue value, string property)
        where T : struct => value.HasValue ? Convert<T>(in value, property) : null;

    /// <summary>A text, or null where it is missing.</summary>
    /// <param name="value">The value.</param>
    /// <param name="property">The property that it goes into.</param>
    /// <returns>The text or null.</returns>
    /// <exception cref="InvalidInputException">It is not a text.</exception>
    public static string? OptionalText(in FeatureValue value, string property) => value.HasValue ? Convert<string>(in value, property) : null;

    private static T Convert<T>(in FeatureValue value, string property)
    {
        try
        {
            return ValueTypes.To<T>(in value);
        }
        catch (InvalidInputException error)
        {
            throw new InvalidInputException($"Property '{property}' is {typeof(T).Name}: {error.Message}", error);
        }
    }
}
