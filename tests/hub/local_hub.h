// A hub on 127.0.0.1 for tests: a threaded HTTP/1.1 server whose answers a test writes as a function.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace diar::hub_test {

struct Request {
  std::string method;
  std::string path;
  std::map<std::string, std::string> headers;  // names in lower case

  std::string header(const std::string& name) const {
    const auto place = headers.find(name);
    return place == headers.end() ? std::string() : place->second;
  }
};

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::size_t close_after = std::string::npos;  // send only so many bytes of the body, then hang up
  std::size_t stall_after = std::string::npos;  // send so many bytes, then nothing until the client leaves
  double seconds_each_byte = 0.0;               // drip the body
  double delay_s = 0.0;                         // before the answer
  bool endless = false;  // the body again and again, without a length, until the client leaves
};

// A thread whose stack does not depend on the process's default, which a test may have made impossible.
class HubThread {
 public:
  explicit HubThread(std::function<void()> work) : work_(new std::function<void()>(std::move(work))) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, std::size_t{1} << 20);
    const int error = pthread_create(&thread_, &attributes, &HubThread::run, work_);
    pthread_attr_destroy(&attributes);
    if (error != 0) throw std::runtime_error("the test's hub cannot start a thread");
  }
  HubThread(const HubThread&) = delete;
  HubThread& operator=(const HubThread&) = delete;
  void join() { pthread_join(thread_, nullptr); }

 private:
  static void* run(void* work) {
    const std::unique_ptr<std::function<void()>> owned(static_cast<std::function<void()>*>(work));
    (*owned)();
    return nullptr;
  }

  std::function<void()>* work_;  // the thread's
  pthread_t thread_ = {};
};

class LocalHub {
 public:
  using Handler = std::function<Response(const Request&)>;

  explicit LocalHub(Handler handler)
      : handler_(std::move(handler)), socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    if (bind(socket_, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(socket_, 64) != 0 ||
        getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
      throw std::runtime_error("cannot listen on 127.0.0.1");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~LocalHub() {
    stopping_ = true;
    shutdown(socket_, SHUT_RDWR);
    acceptor_.join();
    close(socket_);
    {
      const std::lock_guard lock(mutex_);
      for (const int connection : connections_) shutdown(connection, SHUT_RDWR);
    }
    for (HubThread& thread : threads_) thread.join();
  }

  /// "http://127.0.0.1:PORT"; another `host` ("localhost") is another origin at the same place.
  /// The handler sees what was prepared before this was asked, also when another process makes the request.
  std::string address(const std::string& host = "127.0.0.1") const {
    const std::lock_guard lock(mutex_);
    return "http://" + host + ":" + std::to_string(port_);
  }
  std::vector<Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::size_t count(const std::string& method, const std::string& part) const {
    const auto all = requests();
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const Request& request) {
      return request.method == method && request.path.find(part) != std::string::npos;
    }));
  }
  int most_at_once() const { return most_; }

 private:
  void accept_all() {
    while (!stopping_) {
      const int connection = accept(socket_, nullptr, nullptr);
      if (connection < 0) return;
      const std::lock_guard lock(mutex_);
      connections_.push_back(connection);
      threads_.emplace_back([this, connection] {
        serve(connection);
        const std::lock_guard gone(mutex_);
        connections_.remove(connection);
        close(connection);
      });
    }
  }

  void serve(int connection) {
    std::string pending;
    while (!stopping_) {
      std::size_t end;
      while ((end = pending.find("\r\n\r\n")) == std::string::npos) {
        char buffer[4096];
        const ssize_t got = recv(connection, buffer, sizeof(buffer), 0);
        if (got <= 0) return;
        pending.append(buffer, static_cast<std::size_t>(got));
      }
      const Request request = parse(pending.substr(0, end));
      pending.erase(0, end + 4);
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      const int now = ++active_;
      most_ = std::max(most_.load(), now);
      const bool go_on = answer(connection, request, handler_(request));
      --active_;
      if (!go_on) return;
    }
  }

  static Request parse(const std::string& head) {
    Request request;
    std::size_t at = head.find("\r\n");
    const std::string first = head.substr(0, at);
    const auto space = first.find(' ');
    request.method = first.substr(0, space);
    request.path = first.substr(space + 1, first.rfind(' ') - space - 1);
    while (at != std::string::npos) {
      const std::size_t next = head.find("\r\n", at + 2);
      const std::string line = head.substr(at + 2, next == std::string::npos ? next : next - at - 2);
      const auto colon = line.find(": ");
      std::string name = line.substr(0, colon);
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      if (colon != std::string::npos) request.headers[name] = line.substr(colon + 2);
      at = next;
    }
    return request;
  }

  // Returns whether the connection stays open.
  bool answer(int connection, const Request& request, const Response& response) {
    pause(response.delay_s);
    std::string head = "HTTP/1.1 " + std::to_string(response.status) + " -\r\n";
    bool has_length = false;
    for (const auto& [name, value] : response.headers) {
      head += name + ": " + value + "\r\n";
      has_length = has_length || name == "Content-Length";
    }
    if (!has_length && !response.endless)
      head += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
    if (!put(connection, head + "\r\n")) return false;
    if (request.method == "HEAD") return true;
    const std::size_t shown = std::min({response.body.size(), response.close_after, response.stall_after});
    if (response.seconds_each_byte > 0.0 && !response.endless) {
      for (std::size_t i = 0; i < shown; ++i) {
        if (!put(connection, response.body.substr(i, 1))) return false;
        pause(response.seconds_each_byte);
      }
    } else if (!put(connection, response.body.substr(0, shown))) {
      return false;
    }
    while (response.endless) {
      if (stopping_ || !put(connection, response.body)) return false;
      pause(response.seconds_each_byte);
    }
    if (response.stall_after <= response.body.size()) {
      char nothing;
      recv(connection, &nothing, 1, 0);  // until the client hangs up
      return false;
    }
    return response.close_after > response.body.size();
  }

  void pause(double seconds) const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (!stopping_ && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  static bool put(int connection, const std::string& text) {
    std::size_t sent = 0;
    while (sent < text.size()) {
      const ssize_t now = send(connection, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (now <= 0) return false;
      sent += static_cast<std::size_t>(now);
    }
    return true;
  }

  Handler handler_;
  int socket_;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> active_ = 0;
  std::atomic<int> most_ = 0;
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
  std::list<int> connections_;
  std::list<HubThread> threads_;
  std::thread acceptor_;
};

}  // namespace diar::hub_test
