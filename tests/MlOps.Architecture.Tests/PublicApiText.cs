using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace MlOps.Architecture;

/// <summary>The public API of an assembly as sorted text, one member a line.</summary>
internal static class PublicApiText
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static string Of(Assembly assembly)
    {
        var lines = new List<string>();
        foreach (var type in assembly.GetExportedTypes().Where(type => !IsGenerated(type)))
        {
            lines.Add($"{Name(type)} : {Kind(type)}");
            foreach (var member in type.GetMembers(Declared).Where(IsVisible))
            {
                if (Describe(member) is { } text)
                    lines.Add($"{Name(type)}.{text}");
            }
        }

        return string.Join('\n', lines.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)) + "\n";
    }

    private static string? Describe(MemberInfo member) => member switch
    {
        ConstructorInfo { IsStatic: false } constructor => $"ctor({Parameters(constructor)})",
        MethodInfo { IsSpecialName: true, Name: var name } method when !name.StartsWith("op_", StringComparison.Ordinal) => null,
        MethodInfo method when !method.Name.Contains('<', StringComparison.Ordinal) =>
            $"{method.Name}{Generics(method)}({Parameters(method)}) -> {Name(method.ReturnType)}",
        PropertyInfo property => $"{property.Name}{Indexer(property)} {{{(Visible(property.GetMethod) ? " get;" : "")}{(Visible(property.SetMethod) ? IsInit(property) ? " init;" : " set;" : "")} }} -> {Name(property.PropertyType)}",
        FieldInfo { IsLiteral: true } constant => $"{constant.Name} = {constant.GetRawConstantValue()}",
        FieldInfo field when !field.Name.Contains('<', StringComparison.Ordinal) && field.Name != "value__" => $"{field.Name} -> {Name(field.FieldType)}",
        EventInfo @event => $"event {@event.Name} -> {Name(@event.EventHandlerType!)}",
        _ => null,
    };

    private static bool IsVisible(MemberInfo member) => member switch
    {
        MethodBase method => Visible(method) && !IsGenerated(method),
        PropertyInfo property => Visible(property.GetMethod) || Visible(property.SetMethod),
        FieldInfo field => field.IsPublic || field.IsFamily,
        EventInfo @event => Visible(@event.AddMethod),
        _ => false,
    };

    private static bool Visible(MethodBase? method) => method is { IsPublic: true } or { IsFamily: true } or { IsFamilyOrAssembly: true };

    // Extension blocks compile to nested marker types; their members stand as static methods of the class as well.
    private static bool IsGenerated(MemberInfo member) =>
        member.Name.Contains('<', StringComparison.Ordinal) || (member.DeclaringType is { } outer && IsGenerated(outer)) ||
        (member is Type && member.GetCustomAttribute<CompilerGeneratedAttribute>() is not null);

    private static bool IsInit(PropertyInfo property) =>
        property.SetMethod!.ReturnParameter.GetRequiredCustomModifiers().Any(modifier => modifier.Name == "IsExternalInit");

    private static string Kind(Type type) => type switch
    {
        { IsInterface: true } => "interface",
        { IsEnum: true } => "enum",
        { IsValueType: true } => type.IsByRefLike ? "ref struct" : "struct",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static string Generics(MethodInfo method) =>
        method.IsGenericMethodDefinition ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>" : "";

    private static string Indexer(PropertyInfo property) =>
        property.GetIndexParameters() is { Length: > 0 } parameters ? $"[{string.Join(", ", parameters.Select(p => Name(p.ParameterType)))}]" : "";

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(parameter =>
        $"{(parameter.IsOut ? "out " : parameter.ParameterType.IsByRef ? parameter.IsIn ? "in " : "ref " : "")}{Name(parameter.ParameterType)} {parameter.Name}{(parameter.HasDefaultValue ? " = " + (parameter.RawDefaultValue ?? "default") : "")}"));

    private static string Name(Type type)
    {
        if (type.IsByRef)
            return Name(type.GetElementType()!);
        if (type.IsArray)
            return Name(type.GetElementType()!) + "[]";
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return Name(underlying) + "?";
        if (type.IsGenericParameter)
            return type.Name;
        var text = new StringBuilder();
        if (type.DeclaringType is { } outer && !type.IsGenericParameter)
            text.Append(Name(outer)).Append('.');
        else if (type.Namespace is { Length: > 0 } ns && ns != "System" && !ns.StartsWith("System.", StringComparison.Ordinal))
            text.Append(ns).Append('.');
        text.Append(type.Name.Split('`')[0]);
        if (type.IsGenericType)
        {
            var own = type.GetGenericArguments().Skip(type.DeclaringType?.GetGenericArguments().Length ?? 0).Select(Name).ToArray();
            if (own.Length > 0)
                text.Append('<').Append(string.Join(", ", own)).Append('>');
        }

        return text.ToString();
    }
}
