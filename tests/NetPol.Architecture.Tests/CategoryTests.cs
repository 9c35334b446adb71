using System.Reflection;

namespace NetPol.Architecture.Tests;

/// <summary>
/// <c>./test --quick</c> runs the category Unit. The tests' needs (<see cref="NetPol.Testing.Infrastructure.TestRequirements"/>) fail a test whose category does not allow them.
/// </summary>
[TestClass]
public sealed class CategoryTests
{
    private static readonly string[] Known = ["Unit", "Process", "Kernel", "Browser", "Cluster", "Mutation"];

    [TestMethod]
    public void Every_test_has_exactly_one_known_category()
    {
        var wrong = new List<string>();
        var count = 0;
        foreach (var test in Tests())
        {
            count++;
            var categories = Categories(test.ReflectedType!.Assembly).Concat(Categories(test.ReflectedType)).Concat(Categories(test)).ToArray();
            if (categories.Length != 1 || !Known.Contains(categories[0], StringComparer.Ordinal))
                wrong.Add($"{test.ReflectedType}.{test.Name}: {string.Join(", ", categories)}");
        }
        Assert.AreEqual("", string.Join('\n', wrong));
        Assert.IsGreaterThan(1000, count);
    }

    [TestMethod]
    public void This_project_refers_to_every_test_project()
    {
        var own = ProjectFile.In("tests").Single(p => p.Name == "NetPol.Architecture.Tests");
        var missing = ProjectFile.In("tests").Select(p => p.Name).Where(n => n.EndsWith(".Tests", StringComparison.Ordinal)).Except([.. own.References, own.Name], StringComparer.Ordinal);
        Assert.AreEqual("", string.Join(", ", missing));
    }

    private static IEnumerable<MethodInfo> Tests() =>
        from project in ProjectFile.In("tests")
        where project.Name.EndsWith(".Tests", StringComparison.Ordinal)
        from type in Assembly.Load(project.Name).GetTypes()
        where type.IsDefined(typeof(TestClassAttribute))
        from method in type.GetMethods()
        where method.IsDefined(typeof(TestMethodAttribute))
        select method;

    private static IEnumerable<string> Categories(ICustomAttributeProvider member) =>
        member.GetCustomAttributes(typeof(TestCategoryAttribute), inherit: false).Cast<TestCategoryAttribute>().SelectMany(c => c.TestCategories);
}
