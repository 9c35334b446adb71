using NetPol.Agent;
using NetPol.Hosting;

return await DaemonCommand.RunAsync("netpol-agent", AgentCommand.Create(), args);
