namespace MlOps.Registry;

/// <summary>Reads what the machine does. Used by one caller at a time.</summary>
internal interface ISystemProbe
{
    /// <summary>Adds the present readings; what cannot be read is left out.</summary>
    /// <param name="readings">Where to.</param>
    void Read(List<KeyValuePair<string, double>> readings);
}
