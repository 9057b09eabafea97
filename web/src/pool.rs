//! Several workers with a common queue of tasks. A worker takes the next task when it has completed the last one. They share no
//! memory, so the server needs no special headers.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use super::page::files;
use super::worker::wire::WorkerHandle;
use multiwell::internal::controller::ensemble::{EnsembleEvent, EnsembleTask};

/// Workers and their tasks. Dropping the pool terminates the workers.
#[derive(Default)]
pub struct Pool(Rc<RefCell<Shared>>);

#[derive(Default)]
struct Shared {
    workers: Vec<WorkerHandle>,
    /// Indices of the workers without a task.
    idle: Vec<usize>,
    queue: VecDeque<EnsembleTask>,
}

impl Pool {
    /// Starts this number of workers. `listen` receives every event with its numbers. A worker is idle after [`EnsembleEvent::Ready`] and
    /// after the end of a task.
    ///
    /// # Errors
    /// An error message if the browser refuses.
    pub fn new(workers: usize, listen: impl Fn(EnsembleEvent, Vec<f32>) + 'static) -> Result<Self, String> {
        let (pool, listen) = (Self::default(), Rc::new(listen));
        for worker in 0..workers {
            let (shared, listen) = (Rc::downgrade(&pool.0), Rc::clone(&listen));
            let handle = WorkerHandle::start("start_member", "", move |reply| {
                let Some(shared) = shared.upgrade() else { return };
                let (event, numbers) = reply.unwrap_or_else(|message| (EnsembleEvent::Failed(message), Vec::new()));
                if !matches!(event, EnsembleEvent::Progress(..) | EnsembleEvent::Failed(_)) {
                    shared.borrow_mut().idle.push(worker);
                    shared.borrow_mut().assign_tasks();
                }
                drop(shared);
                listen(event, numbers);
            })?;
            pool.0.borrow_mut().workers.push(handle);
        }
        Ok(pool)
    }

    /// Appends tasks to the queue.
    pub fn add(&self, tasks: impl IntoIterator<Item = EnsembleTask>) {
        let mut shared = self.0.borrow_mut();
        shared.queue.extend(tasks);
        shared.assign_tasks();
    }
}

impl Shared {
    fn assign_tasks(&mut self) {
        while let Some(worker) = self.idle.pop() {
            let Some(task) = self.queue.pop_front() else { return self.idle.push(worker) };
            if let Err(clause) = self.workers[worker].post(&task, files::table_blob(task.table.as_ref())) {
                web_sys::console::error_1(&clause.into());
            }
        }
    }
}
