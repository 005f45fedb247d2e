using System.Reflection;

namespace MlOps.Architecture;

public sealed class DependencyTests
{
    [Theory]
    [MemberData(nameof(Packages.Names), MemberType = typeof(Packages))]
    public void Package_RefersOnlyToWhatTheMapAllows(string package)
    {
        var referred = Packages.Load(package).GetReferencedAssemblies()
            .Select(reference => reference.Name!).Where(name => name.StartsWith("MlOps.", StringComparison.Ordinal));
        referred.Should().BeSubsetOf(Packages.Allowed[package]);
    }

    [Fact]
    public void EverySourceProject_IsOnTheMap()
    {
        var projects = Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, "src"), "*.csproj", SearchOption.AllDirectories)
            .Select(Path.GetFileNameWithoutExtension)
            // They run inside the compiler and in a child process, and travel in the packages of the feature store and of serving.
            .Where(project => project is not ("MlOps.Generators" or "MlOps.Serving.Trial"));
        projects.Should().BeEquivalentTo(Packages.Allowed.Keys);
    }

    [Theory]
    [MemberData(nameof(Packages.Names), MemberType = typeof(Packages))]
    public void Package_NamesItsTypesByTheirRole(string package)
    {
        var vague = Packages.Load(package).GetTypes()
            .Where(type => !type.Name.Contains('<', StringComparison.Ordinal))
            .Select(type => type.Name.Split('`')[0])
            .Where(name => new[] { "Impl", "Manager", "Helper", "Helpers", "Utils", "Util" }.Any(suffix => name.EndsWith(suffix, StringComparison.Ordinal)));
        vague.Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Packages.Names), MemberType = typeof(Packages))]
    public void Package_KeepsItsEnginesInternal_AndSealsWhatIsPublic(string package)
    {
        var open = Packages.Load(package).GetExportedTypes()
            .Where(type => type is { IsClass: true, IsAbstract: false, IsSealed: false } &&
                type.GetConstructors(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance).Any(c => c.IsPublic || c.IsFamily || c.IsFamilyOrAssembly))
            .Select(type => type.FullName);
        open.Should().BeEmpty("a class that is not designed for inheritance is sealed");
    }
}
