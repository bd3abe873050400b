# The front door. meson and ninja do the building; each target here is one line into tools/.
.SUFFIXES:
.PHONY: help run demo stop test check build release bench rows fuzz clean bootstrap

help:
	@echo 'make run          build it and show it at work; Ctrl-C ends it   (DETACH=1: leave it running)'
	@echo 'make demo         what trust is for, in one walk: console refused, trusted, opened, an OVF up, trust withdrawn'
	@echo 'make stop         end what DETACH=1 left running'
	@echo 'make test         install what is missing, run every test        (STAGES="build unit": only these)'
	@echo 'make check        only the static checks, in seconds'
	@echo 'make bench        measure against the peers                      (ONLY=regex: some of it)'
	@echo 'make rows         where each statement of docs/rows.md stands, by the tests that ran here last'
	@echo 'make build        the developers'\'' build in build/, with sanitizers'
	@echo 'make release      the hardened build in build-release/'
	@echo 'make fuzz         look for new findings with libFuzzer           (ONLY=regex SECONDS=60)'
	@echo 'make clean        remove the build directories'

bootstrap:
	@tools/bootstrap

run: bootstrap
	@tools/run $(if $(DETACH),--detach)

demo: bootstrap
	@tools/demo

stop:
	@tools/run --stop

test: bootstrap
	@tools/test $(STAGES)

check: bootstrap
	@tools/test static tools

build: bootstrap
	@tools/build build

release: bootstrap
	@tools/build build-release

bench:
	@tools/bootstrap --bench
	@tools/bench $(if $(ONLY),--only '$(ONLY)')

rows:
	@tools/rows

fuzz: bootstrap
	@tools/fuzz $(if $(ONLY),--only '$(ONLY)') $(if $(SECONDS),--seconds $(SECONDS))

clean:
	rm -rf build build-clang build-tsan build-release build-fuzz build-results
