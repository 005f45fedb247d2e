namespace MlOps.Serving;

/// <summary>What an endpoint serves at one revision. Immutable; a change replaces it whole.</summary>
internal sealed class EndpointState(TrafficRow row, TrafficPolicy policy, ServedVersion[] versions, ShadowMirror? shadow)
{
    public TrafficRow Row { get; } = row;

    public TrafficPolicy Policy { get; } = policy;

    public TrafficRouter Router { get; } = new(row.Document);

    /// <summary>The versions by share.</summary>
    public ServedVersion[] Versions { get; } = versions;

    public string[] Variants { get; } = [.. policy.Shares.Select(share => share.Variant)];

    public ShadowMirror? Shadow { get; } = shadow;

    /// <summary>Make the endpoint's answers, by share; made by the endpoint when first needed.</summary>
    public AnswerFinisher[]? Finishers { get; set; }

    public int Outputs { get; } = versions.Max(version => version.Engine.OutputWidth);

    public IEnumerable<ServedVersion> All => Shadow is null ? Versions : Versions.Append(Shadow.Version);
}
