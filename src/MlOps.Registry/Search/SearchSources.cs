namespace MlOps.Registry;

/// <summary>What can be searched.</summary>
internal static class SearchSources
{
    private static readonly string[] RunOwner = ["run_id"];
    private static readonly string[] VersionOwner = ["model", "version"];
    private static readonly string[] ModelOwner = ["model"];

    public static SearchRows RunMetrics { get; } = new("metrics", "experiments_series", RunOwner, "name", "last_value", SearchType.Number)
    {
        ProbeIndex = "experiments_series_probe", ValueIndex = "experiments_series_value", HasNaN = true,
    };

    public static SearchRows RunParameters { get; } = new("params", "experiments_parameters", RunOwner, "name", "value", SearchType.Text)
    {
        ProbeIndex = "experiments_parameters_probe",
    };

    public static SearchRows RunTags { get; } = new("tags", "experiments_tags", RunOwner, "name", "value", SearchType.Text) { ProbeIndex = "experiments_tags_probe" };

    public static SearchSource Runs { get; } = new SearchSource
    {
        Name = "runs",
        Table = "experiments_runs r",
        IdColumns = ["r.id"],
        DefaultOrder = [("r.started_at", true), ("r.id", false)],
        Always = "r.deleted_at IS NULL",
    }
        .Attribute(new SearchColumn("run_id", "r.id", SearchType.Text), "id")
        .Attribute(new SearchColumn("run_name", "r.name", SearchType.Text), "name")
        .Attribute(new SearchColumn("experiment", "r.experiment", SearchType.Text))
        .Attribute(new SearchColumn("status", "r.status", SearchType.Text, Normalise: Status))
        .Attribute(new SearchColumn("start_time", "r.started_at", SearchType.Time), "started_at", "created", "created_at")
        .Attribute(new SearchColumn("end_time", "r.ended_at", SearchType.Time, Nullable: true), "ended_at")
        .Attribute(new SearchColumn("user_id", "r.created_by", SearchType.Text), "user", "created_by")
        .Attribute(new SearchColumn("parent", "r.parent_id", SearchType.Text, Nullable: true), "parent_id", "parent_run_id")
        .Attribute(new SearchColumn("key", "r.run_key", SearchType.Text, Nullable: true))
        .Attribute(new SearchColumn("error", "r.error", SearchType.Text, Nullable: true))
        .Attribute(new SearchColumn("duration", "((r.ended_at - r.started_at) / 1000000.0)", SearchType.Number, Nullable: true))
        .Lacks("artifact_uri", "artifacts are addressed by their hash and have no path. Search by tags or inputs.")
        .Keyed(RunMetrics, "metric")
        .Keyed(RunParameters, "param", "parameter", "parameters")
        .Keyed(RunTags, "tag")
        .Group(
            ["dataset", "datasets", "input", "inputs"],
            ("name", Input("name")), ("digest", Input("digest")), ("role", Input("role")), ("context", Input("role")));

    public static SearchSource Versions { get; } = new SearchSource
    {
        Name = "versions",
        Table = "registry_versions v",
        IdColumns = ["v.model", "v.version"],
        DefaultOrder = [("v.created_at", true), ("v.model", false), ("v.version", true)],
        Always = "v.deleted_at IS NULL",
    }
        .Attribute(new SearchColumn("model", "v.model", SearchType.Text), "name")
        .Attribute(new SearchColumn("version_number", "v.version", SearchType.Number), "version")
        .Attribute(new SearchColumn("created", "v.created_at", SearchType.Time), "created_at", "creation_timestamp", "last_updated_timestamp")
        .Attribute(new SearchColumn("created_by", "v.created_by", SearchType.Text), "user", "user_id")
        .Attribute(new SearchColumn("run_id", "v.run_id", SearchType.Text, Nullable: true))
        .Attribute(new SearchColumn("digest", "v.manifest_digest", SearchType.Text))
        .Attribute(new SearchColumn("key", "v.idempotency_key", SearchType.Text, Nullable: true))
        .Attribute(new SearchColumn("kind", "v.manifest", SearchType.Kind))
        .Attribute(new SearchRows("alias", "registry_aliases", VersionOwner, null, "alias", SearchType.Text), "aliases")
        .Lacks("source_path", "artifacts are addressed by their hash and have no path. Search by digest or run_id.")
        .Keyed(
            new SearchRows("metrics", "registry_metrics", VersionOwner, "name", "value", SearchType.Number)
            {
                ProbeIndex = "registry_metrics_probe", ValueIndex = "registry_metrics_value", HasNaN = true,
            },
            "metric")
        .Keyed(new SearchRows("tags", "registry_tags", VersionOwner, "name", "value", SearchType.Text) { ProbeIndex = "registry_tags_probe" }, "tag")
        .Group(
            ["provenance"],
            ("environment", Provenance("environment", "v.source_environment")), ("version", Provenance("version", "v.source_version")),
            ("manifest", Provenance("manifest", "v.source_manifest")), ("digest", Provenance("manifest", "v.source_manifest")),
            ("strategy", Provenance("strategy", "v.source_strategy")));

    public static SearchSource Models { get; } = new SearchSource
    {
        Name = "models",
        Table = "registry_models m",
        IdColumns = ["m.name"],
        DefaultOrder = [("m.name", false)],
        Always = "m.deleted_at IS NULL",
    }
        .Attribute(new SearchColumn("name", "m.name", SearchType.Text), "model")
        .Attribute(new SearchColumn("created", "m.created_at", SearchType.Time), "created_at", "creation_timestamp")
        .Attribute(new SearchColumn("last_version", "m.last_version", SearchType.Number), "versions")
        .Attribute(new SearchColumn("owner", "m.owner", SearchType.Text))
        .Attribute(new SearchColumn("updated", "m.updated_at", SearchType.Time), "updated_at", "last_updated_timestamp")
        .Attribute(new SearchRows("alias", "registry_aliases", ModelOwner, null, "alias", SearchType.Text), "aliases")
        .Keyed(new SearchRows("tags", "registry_model_tags", ModelOwner, "name", "value", SearchType.Text), "tag");

    private static SearchRows Input(string column) => new("dataset." + column, "experiments_inputs", RunOwner, null, column, SearchType.Text);

    private static SearchColumn Provenance(string name, string column) => new("provenance." + name, column, SearchType.Text, Nullable: true);

    // MLflow's names of the states are understood beside our own.
    private static string Status(string status) => status.ToUpperInvariant() switch
    {
        "FINISHED" => nameof(RunStatus.Completed),
        "KILLED" => nameof(RunStatus.Cancelled),
        _ when Enum.GetNames<RunStatus>().FirstOrDefault(name => name.Equals(status, StringComparison.OrdinalIgnoreCase)) is { } known => known,
        _ => throw new InvalidInputException($"There is no run status '{NameRules.Shown(status)}'. {NearestNames.Describe(NameRules.Shown(status), Enum.GetNames<RunStatus>())}"),
    };
}
